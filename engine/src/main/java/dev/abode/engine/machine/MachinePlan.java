package dev.abode.engine.machine;

import dev.abode.init.Capability;
import dev.abode.init.IdRange;
import dev.abode.init.LaunchPlan;
import dev.abode.init.MountFlag;
import dev.abode.init.Namespace;
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
 * disks, and four device files. All of it is read-only but the instance's own disk, and a folder in
 * memory with the socket by which it is commanded. A guest that has taken over its hypervisor is an
 * unprivileged user, with no capability, no network and nobody else's file.
 */
public final class MachinePlan {
  private static final long IDS = 65_536;
  private static final String BOOT = "/boot";
  private static final String DISKS = "/disks";
  private static final Set<MountFlag> SHUT =
      Set.of(MountFlag.READ_ONLY, MountFlag.NO_SUID, MountFlag.NO_DEV);
  private static final Set<MountFlag> DATA =
      Set.of(MountFlag.READ_ONLY, MountFlag.NO_SUID, MountFlag.NO_DEV, MountFlag.NO_EXEC);

  private final MachineGround ground;
  private final List<Step> copies = new ArrayList<>();
  private final List<Step> scratch = new ArrayList<>();
  private final List<Step> attachments = new ArrayList<>();
  private final List<Step> kept = new ArrayList<>();
  private int slots = 0;

  private MachinePlan(MachineGround ground) {
    this.ground = ground;
  }

  /** The plan by which QEMU is launched. */
  public static LaunchPlan of(MachineGround ground, Supervision supervision) {
    return new MachinePlan(ground).plan(supervision);
  }

  /** All that a saved state of such a machine depends on, in words. */
  public static List<String> layout(
      Hypervisor hypervisor, MachineShape shape, List<MachineDisk> disks, List<String> taps) {
    return QemuCommand.of(
        hypervisor.program().toString(),
        hypervisor.acceleration(),
        shape,
        BOOT,
        BOOT,
        new MachineContent.Template(),
        disks,
        taps,
        List.of());
  }

  private LaunchPlan plan(Supervision supervision) {
    List<Step> before = new ArrayList<>(ground.cgroup().joinSteps());
    int first = Math.toIntExact(ground.firstId());
    before.add(new Step.OwnStreams(first, first));

    Hypervisor hypervisor = ground.hypervisor();
    copy(hypervisor.program(), hypervisor.program().toString(), SHUT, false, Missing.MAKE_FILE);
    for (Path folder : hypervisor.libraries()) {
      copy(folder, folder.toString(), SHUT, false, Missing.MAKE_DIRECTORY);
    }
    for (Path folder : hypervisor.data()) {
      copy(folder, folder.toString(), DATA, false, Missing.MAKE_DIRECTORY);
    }
    copy(ground.boot().kernel(), BOOT + "/kernel", DATA, false, Missing.MAKE_FILE);
    copy(ground.boot().initramfs(), BOOT + "/initramfs", DATA, false, Missing.MAKE_FILE);
    List<MachineDisk> jailed = new ArrayList<>();
    for (MachineDisk disk : ground.disks()) {
      if (ground.content() instanceof MachineContent.Template) {
        jailed.add(disk);
        continue;
      }
      Path inside = Path.of(DISKS, disk.serial());
      copy(
          disk.file(),
          inside.toString(),
          disk.readOnly() ? DATA : Set.of(MountFlag.NO_SUID, MountFlag.NO_DEV, MountFlag.NO_EXEC),
          // Only what it writes must seem its own.
          !disk.readOnly(),
          Missing.MAKE_FILE);
      jailed.add(new MachineDisk(disk.serial(), inside, disk.readOnly()));
    }
    devices(first);
    ground
        .shares()
        .ifPresent(
            shares -> copy(shares.sockets(), Share.SOCKETS, DATA, false, Missing.MAKE_DIRECTORY));
    if (ground.content() instanceof MachineContent.Saved saved) {
      keep(saved.memory(), QemuCommand.MEMORY);
      keep(saved.devices(), QemuCommand.DEVICES);
    }

    List<Step> beside = new ArrayList<>();
    IdRange ids = new IdRange(0, first, IDS);
    beside.add(new Step.MapIds(List.of(ids), List.of(ids)));
    beside.addAll(copies);
    beside.addAll(scratch);
    if (hasTaps()) {
      beside.add(new Step.AwaitEngine());
    }

    return new LaunchPlan(
        supervision,
        before,
        Set.of(
            Namespace.USER,
            Namespace.PID,
            Namespace.NETWORK,
            Namespace.IPC,
            Namespace.UTS,
            Namespace.CGROUP),
        beside,
        inside(jailed));
  }

  private List<Step> inside(List<MachineDisk> disks) {
    String root = ground.folder().toString();
    List<Step> inside = new ArrayList<>();
    inside.addAll(kept);
    inside.add(new Step.OwnMounts(Propagation.PRIVATE));
    inside.add(
        new Step.Mount(
            "tmpfs",
            "jail",
            Place.HOST,
            root,
            Set.of(MountFlag.NO_SUID, MountFlag.NO_DEV),
            "mode=0755,size=1m,uid=0,gid=0"));
    inside.add(new Step.UseRoot(root));
    // Until here the process is the host's root, whom its own user namespace does not know.
    inside.add(new Step.SetGroups(List.of()));
    inside.add(new Step.SetUser(0, 0));
    inside.addAll(attachments);
    // Of its own processes alone, so that it can open its standard error by name.
    inside.add(
        new Step.Mount(
            "proc",
            "proc",
            Place.ROOTFS,
            "/proc",
            Set.of(MountFlag.NO_SUID, MountFlag.NO_DEV, MountFlag.NO_EXEC),
            "subset=pid"));
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
    inside.add(new Step.PivotRoot());
    inside.add(new Step.SetLimit(ResourceLimit.CORE, 0, 0));
    inside.add(new Step.NoNewPrivileges());
    inside.add(new Step.BoundCapabilities(Set.<Capability>of()));
    inside.add(new Step.SetCapabilities(Set.of(), Set.of(), Set.of()));
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
                ground.taps(),
                ground.shares().map(Shares::all).orElse(List.of())),
            List.of("PATH=/usr/bin", "HOME=/", "TMPDIR=/tmp")));
    return inside;
  }

  /** Takes {@code source} of the host into the jail. */
  private void copy(
      Path source, String target, Set<MountFlag> flags, boolean idMapped, Missing missing) {
    copies.add(
        new Step.Detach(slots, source.toString(), false, idMapped, flags, Propagation.PRIVATE));
    attachments.add(new Step.Attach(slots, Place.ROOTFS, target, missing));
    slots++;
  }

  /** Hands a file of the host over as an open descriptor: it has no name in the jail. */
  private void keep(Path file, int descriptor) {
    copies.add(new Step.OpenFile(file.toString(), slots));
    kept.add(new Step.KeepFile(slots, descriptor));
    slots++;
  }

  /** A template's cards lead nowhere. */
  private boolean hasTaps() {
    return !ground.taps().isEmpty() && !(ground.content() instanceof MachineContent.Template);
  }

  /** Device files that work, which only the stage can make. */
  private void devices(int first) {
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
    if (hasTaps()) {
      scratch.add(new Step.MakeDirectory(Place.HOST, folder + "/net", 0755));
      device(folder + "/net/tun", 10, 200, first);
    }
    scratch.add(new Step.Detach(slots, folder, false, false, Set.of(), Propagation.PRIVATE));
    attachments.add(new Step.Attach(slots, Place.ROOTFS, "/dev", Missing.MAKE_DIRECTORY));
    slots++;
  }

  private void device(String path, int major, int minor, int owner) {
    scratch.add(new Step.MakeDevice(Place.HOST, path, 'c', major, minor, 0600, owner, owner));
  }
}
