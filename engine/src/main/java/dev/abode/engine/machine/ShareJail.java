package dev.abode.engine.machine;

import dev.abode.engine.cgroup.CgroupPlacement;
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
import java.util.Optional;
import java.util.Set;

/**
 * The jail of a server of one share: the hypervisor's namespaces and ids, and a root with its
 * program, its libraries, its socket's folder and what it shares. It acts as whoever the guest says
 * is acting, so it keeps the capabilities for that; they are its user namespace's, in which the
 * shared folder's owners are mapped as they are for a container.
 */
public final class ShareJail {
  static final String ROOT = "/share";

  private static final long IDS = 65_536;
  private static final Set<Capability> KEPT =
      Set.of(
          Capability.CHOWN,
          Capability.DAC_OVERRIDE,
          Capability.FOWNER,
          Capability.FSETID,
          Capability.SETGID,
          Capability.SETUID,
          Capability.MKNOD,
          Capability.SETFCAP,
          Capability.SYS_CHROOT,
          // It gives up what it does not need by itself, and is killed where it cannot.
          Capability.SETPCAP);
  private static final Set<MountFlag> SHUT =
      Set.of(MountFlag.READ_ONLY, MountFlag.NO_SUID, MountFlag.NO_DEV);

  private final List<Step> copies = new ArrayList<>();
  private final List<Step> attachments = new ArrayList<>();
  private int slots = 0;

  private ShareJail() {}

  /**
   * The plan by which a server is launched.
   *
   * @param mountPoint any folder of the host, covered in the jail's own mounts only
   * @param firstId the host's id for 0 inside
   * @param sockets the folder of the machine's sockets, which belongs to {@code firstId}
   */
  public static LaunchPlan of(
      ShareServer server,
      Share share,
      Path mountPoint,
      long firstId,
      CgroupPlacement cgroup,
      Path sockets) {
    return new ShareJail().plan(server, share, mountPoint, firstId, cgroup, sockets);
  }

  private LaunchPlan plan(
      ShareServer server,
      Share share,
      Path mountPoint,
      long firstId,
      CgroupPlacement cgroup,
      Path sockets) {
    int first = Math.toIntExact(firstId);
    copy(server.program(), SHUT, Missing.MAKE_FILE);
    server.libraries().forEach(folder -> copy(folder, SHUT, Missing.MAKE_DIRECTORY));
    attach(
        new Step.Detach(slots, sockets.toString(), false, false, Set.of(), Propagation.PRIVATE),
        Share.SOCKETS,
        Missing.MAKE_DIRECTORY);
    attach(
        new Step.Detach(
            slots,
            share.bind().source(),
            share.bind().within(),
            share.bind().recursive(),
            share.bind().idMappable(),
            share.bind().readOnly() ? Set.of(MountFlag.READ_ONLY) : Set.of(),
            Propagation.PRIVATE),
        share.served(),
        share.bind().directory() ? Missing.MAKE_DIRECTORY : Missing.MAKE_FILE);

    List<Step> before = new ArrayList<>(cgroup.joinSteps());
    before.add(new Step.OwnStreams(first, first));
    List<Step> beside = new ArrayList<>();
    IdRange ids = new IdRange(0, first, IDS);
    beside.add(new Step.MapIds(List.of(ids), List.of(ids)));
    beside.addAll(copies);
    return new LaunchPlan(
        new Supervision(
            false, 0, 0, false, false, Optional.empty(), Optional.empty(), Optional.empty()),
        before,
        Set.of(
            Namespace.USER,
            Namespace.PID,
            Namespace.NETWORK,
            Namespace.IPC,
            Namespace.UTS,
            Namespace.CGROUP),
        beside,
        inside(server, share, mountPoint.toString()));
  }

  private List<Step> inside(ShareServer server, Share share, String root) {
    List<Step> inside = new ArrayList<>();
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
    inside.add(
        new Step.Mount(
            "proc",
            "proc",
            Place.ROOTFS,
            "/proc",
            Set.of(MountFlag.NO_SUID, MountFlag.NO_DEV, MountFlag.NO_EXEC),
            ""));
    // It writes down its pid there.
    inside.add(new Step.MakeDirectory(Place.ROOTFS, "/var/run", 0700));
    inside.add(new Step.PivotRoot());
    inside.add(new Step.SetLimit(ResourceLimit.CORE, 0, 0));
    inside.add(new Step.NoNewPrivileges());
    inside.add(new Step.BoundCapabilities(KEPT));
    inside.add(new Step.SetCapabilities(KEPT, KEPT, Set.of()));
    inside.add(new Step.ChangeDirectory("/"));
    inside.add(
        new Step.Execute(
            server.command(Share.SOCKETS + "/" + share.socket()),
            List.of("PATH=/usr/bin", "HOME=/")));
    return inside;
  }

  private void copy(Path source, Set<MountFlag> flags, Missing missing) {
    attach(
        new Step.Detach(slots, source.toString(), false, false, flags, Propagation.PRIVATE),
        source.toString(),
        missing);
  }

  private void attach(Step detach, String target, Missing missing) {
    copies.add(detach);
    attachments.add(new Step.Attach(slots, Place.ROOTFS, target, missing));
    slots++;
  }
}
