package dev.abode.engine.machine;

import java.util.ArrayList;
import java.util.List;

/**
 * The command line of a machine's QEMU, as data. Paths are those inside of its jail.
 *
 * <p>Nothing is there that is not named: no default devices, no user configuration, no display, no
 * monitor. What a guest sees is a q35 board without the parts it does not need, which in
 * measurements booted a third faster than with them, with a serial console it can only write to.
 */
final class QemuCommand {
  static final String AGENT_PORT = "dev.abode.agent";

  /** First slot on the root bus for disks; those before are the board's own and our devices'. */
  private static final int FIRST_DISK_SLOT = 8;

  private static final int FUNCTIONS = 8;

  /** Descriptors of a saved memory and of the saved state of the devices. */
  static final int MEMORY = 700;

  static final int DEVICES = 701;

  /** The block node, and the device, of the one disk that a machine writes to. */
  static final String OWN_DISK = "disk";

  /** The folder in the jail that QEMU may write to, and that is on no disk. */
  static final String RUN = "/run";

  /** How large the disk of an instance's own is; no layer is larger. */
  static final long DISK_BYTES = 32L << 30;

  /** The bus of the cards, into which one can be put while the machine runs. */
  static final String CARDS = "cards";

  /** Its last slot, that of the agent's port. */
  private static final int AGENT_SLOT = 31;

  private static final int FIRST_SHARE_SLOT = 5;

  /** As many as fit between the cards and the disks. */
  static final int MAX_SHARES = (FIRST_DISK_SLOT - FIRST_SHARE_SLOT) * FUNCTIONS;

  /** Slots 31 and 0 are the board's. */
  static final int MAX_DISKS = (31 - FIRST_DISK_SLOT) * FUNCTIONS;

  /** How much code the translator keeps; more made no boot faster. */
  static final int TRANSLATION_MIB = 64;

  private static final String SANDBOX =
      "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

  private QemuCommand() {}

  /**
   * @param program QEMU itself
   * @param kernel an ELF file
   * @param content to be found at the descriptors {@link #MEMORY} and {@link #DEVICES} if it is
   *     saved
   */
  static List<String> of(
      String program,
      Acceleration acceleration,
      MachineShape shape,
      String kernel,
      String initramfs,
      MachineContent content,
      List<MachineDisk> disks,
      List<CardPlace> cards,
      List<Share> shares) {
    if (disks.size() > MAX_DISKS) {
      throw new IllegalArgumentException(disks.size() + " disks do not fit into a machine");
    }
    List<String> line = new ArrayList<>();
    line.addAll(
        List.of(
            program, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-name"));
    line.add("guest=abode,debug-threads=on");
    line.addAll(List.of("-sandbox", SANDBOX));
    line.addAll(List.of("-machine", machine(acceleration)));
    line.addAll(List.of("-accel", accelerator(acceleration)));
    line.addAll(List.of("-cpu", acceleration == Acceleration.KVM ? "host" : "qemu64"));
    line.addAll(List.of("-m", (shape.memoryBytes() >> 20) + "M"));
    memory(line, shape, content);
    line.addAll(List.of("-smp", Integer.toString(shape.cpus())));
    // A firmware that does nothing but hand over: SeaBIOS looks for disks to boot from first.
    line.addAll(List.of("-bios", "qboot.rom"));
    line.addAll(List.of("-kernel", kernel, "-initrd", initramfs));
    line.addAll(List.of("-append", kernelArguments(acceleration)));
    busOfCards(line);
    agent(line);
    console(line);
    for (CardPlace card : cards) {
      boolean nowhere = content instanceof MachineContent.Template;
      if (!nowhere) {
        line.addAll(List.of("-netdev", backend(card)));
      }
      line.addAll(List.of("-device", card(card, nowhere)));
    }
    shares.forEach(share -> share(line, share));
    for (int i = 0; i < disks.size(); i++) {
      line.add("-blockdev");
      line.add(
          content instanceof MachineContent.Template
              ? emptyNode(disks.get(i), i)
              : node(disks.get(i), i));
      line.addAll(List.of("-device", device(disks.get(i), i)));
    }
    monitor(line);
    return line;
  }

  private static String machine(Acceleration acceleration) {
    return "q35,memory-backend=ram,suppress-vmdesc=on,hpet=off,sata=off,smbus=off,usb=off,vmport=off,i8042=off,graphics=off,pit="
        // KVM's kernel half brings a timer of its own, and guests calibrate against it.
        + (acceleration == Acceleration.KVM ? "on" : "off");
  }

  /**
   * Memory of its own is a file without a name: the host sees which parts of it are used. Memory
   * that was saved is mapped privately, so that machines share what none of them alters.
   */
  private static void memory(List<String> line, MachineShape shape, MachineContent content) {
    String size = "id=ram,size=" + shape.memoryBytes();
    line.add("-object");
    switch (content) {
      case MachineContent.Empty empty -> line.add("memory-backend-memfd,share=on," + size);
      case MachineContent.Template template -> line.add("memory-backend-memfd,share=on," + size);
      case MachineContent.Saved saved -> {
        line.add("memory-backend-file,share=off,mem-path=/proc/self/fd/" + MEMORY + "," + size);
        line.addAll(List.of("-incoming", "fd:" + DEVICES));
        // The saved state is of devices alone, and does not begin with a description of itself.
        line.addAll(List.of("-global", "migration.send-configuration=off"));
      }
    }
  }

  /** Where the engine gives commands: in the jail's own folder, so nobody else does. */
  private static void monitor(List<String> line) {
    line.add("-chardev");
    line.add("socket,id=monitor,server=on,wait=off,path=" + RUN + "/qmp");
    line.addAll(List.of("-mon", "chardev=monitor,mode=control"));
  }

  private static String accelerator(Acceleration acceleration) {
    return switch (acceleration) {
      case KVM -> "kvm";
      case EMULATION -> "tcg,tb-size=" + TRANSLATION_MIB;
    };
  }

  private static String kernelArguments(Acceleration acceleration) {
    String common =
        "quiet console=ttyS0 8250.nr_uarts=1 panic=-1 random.trust_cpu=on"
            + " rcupdate.rcu_expedited=1 audit=0 cryptomgr.notests";
    return switch (acceleration) {
      case KVM -> common;
      // The translator does not speculate, so there is nothing to mitigate; and time that is
      // measured in a loop by an emulated processor says nothing. Its time stamp counter is the
      // host's, and how fast that runs a guest finds out wrongly on a busy host, by half in some
      // boots; a template would hand that on. So the time of day comes from the board's timer.
      // Code that a guest can do without is not translated: security modules that nobody configures
      // in there, accounts of waiting, and the clearing of memory that is overwritten anyway.
      case EMULATION ->
          common
              + " mitigations=off no_timer_check tsc=reliable clocksource=acpi_pm lpj=4000000"
              + " lsm=landlock,yama psi=0 init_on_alloc=0";
    };
  }

  /**
   * A bus behind a bridge, as the board's own takes no device while it runs. The firmware hands
   * QEMU's ACPI tables over, by which a guest's kernel hears of cards that come and go. On measured
   * boots this one bridge cost less than four ports of PCI Express.
   */
  private static void busOfCards(List<String> line) {
    line.addAll(
        List.of("-device", "pci-bridge,id=" + CARDS + ",chassis_nr=1,addr=2,shpc=off,msi=off"));
  }

  /**
   * The agent's port is QEMU's standard input and output, which the shim holds. It is on the bus of
   * the cards, because a guest's kernel gives room for devices to come to none that it finds empty.
   */
  private static void agent(List<String> line) {
    line.addAll(List.of("-chardev", "stdio,id=agent,signal=off"));
    line.addAll(
        List.of(
            "-device",
            "virtio-serial-pci,bus=" + CARDS + ",addr=" + Integer.toHexString(AGENT_SLOT)));
    line.addAll(List.of("-device", "virtserialport,chardev=agent,name=" + AGENT_PORT));
  }

  /**
   * What the guest's kernel says goes to standard error, which the shim keeps a bounded part of.
   */
  private static void console(List<String> line) {
    line.addAll(List.of("-chardev", "file,id=console,path=/proc/self/fd/2"));
    line.addAll(List.of("-serial", "chardev:console"));
  }

  private static String node(MachineDisk disk, int number) {
    return "driver=raw,node-name="
        + nodeName(disk, number)
        + (disk.readOnly()
            ? ",read-only=on"
            // What the guest frees, and zeros it writes, become holes of the file again.
            : ",discard=unmap,detect-zeroes=unmap")
        + ",file.driver=file,file.locking=off,file.filename="
        + disk.file().toString().replace(",", ",,")
        + (disk.readOnly() ? "" : ",file.discard=unmap");
  }

  /** Stands for a disk to come: as large as any, since a guest's kernel remembers the size. */
  private static String emptyNode(MachineDisk disk, int number) {
    return "driver=null-co,read-zeroes=on,size="
        + DISK_BYTES
        + ",node-name="
        + nodeName(disk, number)
        + (disk.readOnly() ? ",read-only=on" : "");
  }

  private static String nodeName(MachineDisk disk, int number) {
    return disk.readOnly() ? "layer" + number : OWN_DISK;
  }

  private static String device(MachineDisk disk, int number) {
    return "virtio-blk-pci,drive="
        + nodeName(disk, number)
        // A name by which another node is put in front of its own, see Monitor.keepOverwritten.
        + (disk.readOnly() ? "" : ",id=" + OWN_DISK)
        + ",serial="
        + disk.serial()
        + address(FIRST_DISK_SLOT, number);
  }

  /** Its other end is an interface that is there already, and belongs to QEMU's user. */
  private static String backend(CardPlace card) {
    return "tap,id="
        + card.backend()
        + ",ifname="
        + card.tap()
        + ",script=no,downscript=no,vhost=off";
  }

  /**
   * The same in every machine: the guest gives its interfaces the addresses of its endpoints.
   *
   * @param nowhere whether its network is to come yet. A cable into QEMU's own hub instead keeps
   *     qboot from booting
   */
  private static String card(CardPlace card, boolean nowhere) {
    return "virtio-net-pci,id="
        + card.device()
        + (nowhere ? "" : ",netdev=" + card.backend())
        + ",mac="
        + NetworkCard.mac(card.number())
        // No program on the card that a firmware could boot from.
        + ",romfile=,rombar=0,bus="
        + CARDS
        + ",addr="
        + Integer.toHexString(card.number());
  }

  /** Its server reads and writes the guest's memory, which is shared for that. */
  private static void share(List<String> line, Share share) {
    line.add("-chardev");
    line.add("socket,id=" + share.tag() + ",path=" + Share.SOCKETS + "/" + share.socket());
    line.add("-device");
    line.add(
        "vhost-user-fs-pci,chardev="
            + share.tag()
            + ",tag="
            + share.tag()
            + address(FIRST_SHARE_SLOT, share.number()));
  }

  /** Where on the root bus: several share a slot. */
  private static String address(int firstSlot, int number) {
    return ",addr="
        + Integer.toHexString(firstSlot + number / FUNCTIONS)
        + "."
        + number % FUNCTIONS
        + (number % FUNCTIONS == 0 ? ",multifunction=on" : "");
  }
}
