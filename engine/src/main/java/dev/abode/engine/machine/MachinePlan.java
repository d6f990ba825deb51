package dev.abode.engine.machine;

import dev.abode.init.LaunchPlan;
import dev.abode.init.MountFlag;
import dev.abode.init.Propagation;
import dev.abode.init.ResourceLimit;
import dev.abode.init.Step;
import dev.abode.init.Step.Missing;
import dev.abode.init.Step.Place;
import dev.abode.init.Supervision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The jail of a hypervisor: a user, PID, network, IPC, UTS and control group namespace of its own,
 * and a root in which there is nothing but its program, its libraries and firmware, the kernel, the
 * disks, four device files, and a fifth by which it opens the other ends of its cards. All of it is
 * read-only but the instance's own disk, a file for what is overwritten on it while it is copied,
 * and a folder in memory with the socket by which it is commanded. No file grows larger than the
 * disk. A guest that has taken over its hypervisor is an unprivileged user, with no capability, no
 * network and nobody else's file.
 */
public final class MachinePlan {
  private static final String BOOT = "/boot";
  private static final String DISKS = "/disks";

  /** The file of {@link MachineDisk#overwritten}. */
  static final String OVERWRITTEN = DISKS + "/overwritten";

  private static final Set<MountFlag> WRITABLE =
      Set.of(MountFlag.NO_SUID, MountFlag.NO_DEV, MountFlag.NO_EXEC);
  private static final Set<MountFlag> DATA =
      Set.of(MountFlag.READ_ONLY, MountFlag.NO_SUID, MountFlag.NO_DEV, MountFlag.NO_EXEC);

  private final MachineGround ground;
  private final Jail jail;
  private final List<Step> scratch = new ArrayList<>();
  private final List<Step> kept = new ArrayList<>();

  private MachinePlan(MachineGround ground) {
    this.ground = ground;
    this.jail = new Jail(ground.firstId());
  }

  /** The plan by which QEMU is launched. */
  public static LaunchPlan of(MachineGround ground, Supervision supervision) {
    return new MachinePlan(ground).plan(supervision);
  }

  /** All that a saved state of such a machine depends on, in words. */
  public static List<String> layout(
      Hypervisor hypervisor, MachineShape shape, List<MachineDisk> disks, List<CardPlace> cards) {
    return QemuCommand.of(
        hypervisor.program().toString(),
        hypervisor.acceleration(),
        shape,
        BOOT,
        BOOT,
        new MachineContent.Template(),
        disks,
        cards,
        List.of());
  }

  private LaunchPlan plan(Supervision supervision) {
    Hypervisor hypervisor = ground.hypervisor();
    jail.copy(hypervisor.program(), Jail.SHUT, Missing.MAKE_FILE);
    for (Path folder : hypervisor.libraries()) {
      jail.copy(folder, Jail.SHUT, Missing.MAKE_DIRECTORY);
    }
    for (Path folder : hypervisor.data()) {
      jail.copy(folder, DATA, Missing.MAKE_DIRECTORY);
    }
    jail.copy(ground.boot().kernel(), BOOT + "/kernel", DATA, false, Missing.MAKE_FILE);
    jail.copy(ground.boot().initramfs(), BOOT + "/initramfs", DATA, false, Missing.MAKE_FILE);
    List<MachineDisk> jailed = new ArrayList<>();
    for (MachineDisk disk : ground.disks()) {
      if (ground.content() instanceof MachineContent.Template) {
        jailed.add(disk);
        continue;
      }
      Path inside = Path.of(DISKS, disk.serial());
      if (disk.readOnly()) {
        jail.copy(disk.file(), inside.toString(), DATA, false, Missing.MAKE_FILE);
      } else {
        writable(disk.file(), inside);
        writable(MachineDisk.overwritten(disk.file()), Path.of(OVERWRITTEN));
      }
      jailed.add(new MachineDisk(disk.serial(), inside, disk.readOnly()));
    }
    devices();
    ground
        .shares()
        .ifPresent(
            shares ->
                jail.copy(shares.sockets(), Share.SOCKETS, DATA, false, Missing.MAKE_DIRECTORY));
    if (ground.content() instanceof MachineContent.Saved saved) {
      keep(saved.memory(), QemuCommand.MEMORY);
      keep(saved.devices(), QemuCommand.DEVICES);
    }

    List<Step> beside = jail.beside();
    beside.addAll(scratch);
    if (hasTaps()) {
      beside.add(new Step.TellEngine());
      beside.add(new Step.AwaitEngine());
    }

    return new LaunchPlan(
        supervision, jail.before(ground.cgroup()), Jail.NAMESPACES, beside, inside(jailed));
  }

  private List<Step> inside(List<MachineDisk> disks) {
    List<Step> inside = new ArrayList<>(kept);
    // Of its own processes alone, so that it can open its standard error by name.
    inside.addAll(jail.enter(ground.folder().toString(), "subset=pid"));
    inside.add(new Step.MakeDirectory(Place.ROOTFS, "/tmp", 01777));
    inside.add(new Step.MakeDirectory(Place.ROOTFS, QemuCommand.RUN, 0700));
    inside.add(
        new Step.Mount(
            "tmpfs",
            "run",
            Place.ROOTFS,
            QemuCommand.RUN,
            Set.of(MountFlag.NO_SUID, MountFlag.NO_DEV, MountFlag.NO_EXEC),
            "mode=0700,size=8m"));
    inside.add(new Step.ChangeMount(Place.ROOTFS, "/", false, Set.of(MountFlag.READ_ONLY)));
    inside.addAll(Jail.shut(Set.of()));
    long largest = Math.max(QemuCommand.DISK_BYTES, ground.shape().memoryBytes());
    inside.add(new Step.SetLimit(ResourceLimit.FSIZE, largest, largest));
    if (ground.hypervisor().acceleration() == Acceleration.EMULATION) {
      // Translated code and what belongs to it come in small parts: large pages were four MiB that
      // nothing was in, and no faster.
      inside.add(new Step.SmallPages());
    }
    ground.seccomp().ifPresent(program -> inside.add(new Step.Seccomp(program)));
    inside.add(new Step.ChangeDirectory("/"));
    inside.add(
        new Step.Execute(
            QemuCommand.of(
                ground.hypervisor().program().toString(),
                ground.hypervisor().acceleration(),
                ground.shape(),
                BOOT + "/kernel",
                BOOT + "/initramfs",
                ground.content(),
                disks,
                ground.cards(),
                ground.shares().map(Shares::all).orElse(List.of())),
            List.of("PATH=/usr/bin", "HOME=/", "TMPDIR=/tmp")));
    return inside;
  }

  /** What it writes must seem its own. */
  private void writable(Path file, Path inside) {
    jail.copy(file, inside.toString(), WRITABLE, true, Missing.MAKE_FILE);
  }

  /** Hands a file of the host over as an open descriptor: it has no name in the jail. */
  private void keep(Path file, int descriptor) {
    int slot = jail.slot();
    jail.beside(new Step.OpenFile(file.toString(), slot));
    kept.add(new Step.KeepFile(slot, descriptor));
  }

  /** A template's cards lead nowhere. */
  private boolean hasTaps() {
    return !ground.cards().isEmpty() && !(ground.content() instanceof MachineContent.Template);
  }

  /** Device files that work, which only the stage can make. */
  private void devices() {
    int first = jail.first();
    String folder = ground.folder().toString();
    scratch.add(new Step.OwnMounts(Propagation.PRIVATE));
    scratch.add(
        new Step.Mount(
            "tmpfs",
            "dev",
            Place.HOST,
            folder,
            Set.of(MountFlag.NO_SUID, MountFlag.NO_EXEC),
            "mode=0755,size=64k,uid=" + first + ",gid=" + first));
    device(folder + "/null", 1, 3, first);
    device(folder + "/zero", 1, 5, first);
    device(folder + "/random", 1, 8, first);
    device(folder + "/urandom", 1, 9, first);
    if (ground.hypervisor().acceleration() == Acceleration.KVM) {
      device(folder + "/kvm", 10, 232, first);
    }
    if (!(ground.content() instanceof MachineContent.Template)) {
      // For cards that come later too. Without a capability it opens what was made for it only.
      scratch.add(new Step.MakeDirectory(Place.HOST, folder + "/net", 0755));
      device(folder + "/net/tun", 10, 200, first);
    }
    int slot = jail.attach("/dev", Missing.MAKE_DIRECTORY);
    scratch.add(new Step.Detach(slot, folder, false, false, Set.of(), Propagation.PRIVATE));
  }

  private void device(String path, int major, int minor, int owner) {
    scratch.add(new Step.MakeDevice(Place.HOST, path, 'c', major, minor, 0600, owner, owner));
  }
}
