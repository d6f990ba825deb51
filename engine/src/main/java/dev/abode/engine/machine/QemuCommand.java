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
   */
  static List<String> of(
      String program,
      Acceleration acceleration,
      MachineShape shape,
      String kernel,
      String initramfs,
      List<MachineDisk> disks) {
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
    line.addAll(List.of("-smp", Integer.toString(shape.cpus())));
    // A firmware that does nothing but hand over: SeaBIOS looks for disks to boot from first.
    line.addAll(List.of("-bios", "qboot.rom"));
    line.addAll(List.of("-kernel", kernel, "-initrd", initramfs));
    line.addAll(List.of("-append", kernelArguments(acceleration)));
    agent(line);
    console(line);
    for (int i = 0; i < disks.size(); i++) {
      disk(line, disks.get(i), i);
    }
    return line;
  }

  private static String machine(Acceleration acceleration) {
    return "q35,hpet=off,sata=off,smbus=off,usb=off,vmport=off,i8042=off,graphics=off,pit="
        // KVM's kernel half brings a timer of its own, and guests calibrate against it.
        + (acceleration == Acceleration.KVM ? "on" : "off");
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
      // measured in a loop by an emulated processor says nothing.
      case EMULATION -> common + " mitigations=off no_timer_check tsc=reliable lpj=4000000";
    };
  }

  /** The agent's port is QEMU's standard input and output, which the shim holds. */
  private static void agent(List<String> line) {
    line.addAll(List.of("-chardev", "stdio,id=agent,signal=off"));
    line.addAll(List.of("-device", "virtio-serial-pci,addr=2"));
    line.addAll(List.of("-device", "virtserialport,chardev=agent,name=" + AGENT_PORT));
  }

  /**
   * What the guest's kernel says goes to standard error, which the shim keeps a bounded part of.
   */
  private static void console(List<String> line) {
    line.addAll(List.of("-chardev", "file,id=console,path=/proc/self/fd/2"));
    line.addAll(List.of("-serial", "chardev:console"));
  }

  private static void disk(List<String> line, MachineDisk disk, int number) {
    String node = "disk" + number;
    line.add("-blockdev");
    line.add(
        "driver=raw,node-name="
            + node
            + (disk.readOnly()
                ? ",read-only=on"
                // What the guest frees, and zeros it writes, become holes of the file again.
                : ",discard=unmap,detect-zeroes=unmap")
            + ",file.driver=file,file.locking=off,file.filename="
            + disk.file().toString().replace(",", ",,")
            + (disk.readOnly() ? "" : ",file.discard=unmap"));
    line.add("-device");
    line.add(
        "virtio-blk-pci,drive="
            + node
            + ",serial="
            + disk.serial()
            + ",addr="
            + Integer.toHexString(FIRST_DISK_SLOT + number / FUNCTIONS)
            + "."
            + number % FUNCTIONS
            + (number % FUNCTIONS == 0 ? ",multifunction=on" : ""));
  }
}
