package dev.abode.engine.machine;

import dev.abode.engine.cgroup.CgroupPlacement;
import dev.abode.init.Capability;
import dev.abode.init.IdRange;
import dev.abode.init.MountFlag;
import dev.abode.init.Namespace;
import dev.abode.init.Propagation;
import dev.abode.init.ResourceLimit;
import dev.abode.init.Step;
import dev.abode.init.Step.Missing;
import dev.abode.init.Step.Place;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What every program that serves a machine is locked into: namespaces and ids of its own, and a
 * root in memory in which there is only what is put there. The plans of such programs are made of
 * these steps; what differs between them they add in between.
 */
final class Jail {
  /** All but that of mounts, which the steps inside make. */
  static final Set<Namespace> NAMESPACES =
      Set.of(
          Namespace.USER,
          Namespace.PID,
          Namespace.NETWORK,
          Namespace.IPC,
          Namespace.UTS,
          Namespace.CGROUP);

  /** How programs and libraries are put there. */
  static final Set<MountFlag> SHUT =
      Set.of(MountFlag.READ_ONLY, MountFlag.NO_SUID, MountFlag.NO_DEV);

  private static final long IDS = 65_536;

  private final int first;
  private final List<Step> copies = new ArrayList<>();
  private final List<Step> attachments = new ArrayList<>();
  private int slots = 0;

  /**
   * @param firstId the host's id for 0 inside
   */
  Jail(long firstId) {
    this.first = Math.toIntExact(firstId);
  }

  /** The host's id for 0 inside. */
  int first() {
    return first;
  }

  /** A slot for a descriptor that the stage hands on. */
  int slot() {
    return slots++;
  }

  /** Mounts, inside, what a further step leaves in the slot that is returned. */
  int attach(String target, Missing missing) {
    int slot = slot();
    attachments.add(new Step.Attach(slot, Place.ROOTFS, target, missing));
    return slot;
  }

  /** Has a step played beside the program, before it enters. */
  void beside(Step step) {
    copies.add(step);
  }

  /** Puts {@code source} of the host there. */
  void copy(Path source, String target, Set<MountFlag> flags, boolean idMapped, Missing missing) {
    int slot = attach(target, missing);
    beside(new Step.Detach(slot, source.toString(), false, idMapped, flags, Propagation.PRIVATE));
  }

  /** Puts {@code source} of the host there under its own name. */
  void copy(Path source, Set<MountFlag> flags, Missing missing) {
    copy(source, source.toString(), flags, false, missing);
  }

  // ---- the steps of a plan

  List<Step> before(CgroupPlacement cgroup) {
    List<Step> before = new ArrayList<>(cgroup.joinSteps());
    before.add(new Step.OwnStreams(first, first));
    return before;
  }

  List<Step> beside() {
    IdRange ids = new IdRange(0, first, IDS);
    List<Step> beside = new ArrayList<>();
    beside.add(new Step.MapIds(List.of(ids), List.of(ids)));
    beside.addAll(copies);
    return beside;
  }

  /**
   * Makes the root, becomes its user, and puts there what was asked for.
   *
   * @param mountPoint any folder of the host, covered in the jail's own mounts only
   * @param procOptions of the mount of {@code /proc}
   */
  List<Step> enter(String mountPoint, String procOptions) {
    List<Step> inside = new ArrayList<>();
    inside.add(new Step.OwnMounts(Propagation.PRIVATE));
    inside.add(
        new Step.Mount(
            "tmpfs",
            "jail",
            Place.HOST,
            mountPoint,
            Set.of(MountFlag.NO_SUID, MountFlag.NO_DEV),
            "mode=0755,size=1m,uid=0,gid=0"));
    inside.add(new Step.UseRoot(mountPoint));
    // Until here the process is the host's root, whom its own user namespace does not know.
    inside.add(new Step.SetGroups(List.of()));
    inside.add(new Step.SetUser(0, 0));
    inside.addAll(attachments);
    inside.add(
        new Step.Mount(
            "proc",
            "proc",
            Place.ROOTFS,
            "/proc",
            Set.of(MountFlag.NO_SUID, MountFlag.NO_DEV, MountFlag.NO_EXEC),
            procOptions));
    return inside;
  }

  /** Leaves the host's files behind, and all rights but {@code kept}. */
  static List<Step> shut(Set<Capability> kept) {
    return List.of(
        new Step.PivotRoot(),
        new Step.SetLimit(ResourceLimit.CORE, 0, 0),
        new Step.NoNewPrivileges(),
        new Step.BoundCapabilities(kept),
        new Step.SetCapabilities(kept, kept, Set.of()));
  }
}
