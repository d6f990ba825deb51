package dev.abode.engine.machine;

import dev.abode.engine.cgroup.CgroupPlacement;
import dev.abode.init.Capability;
import dev.abode.init.LaunchPlan;
import dev.abode.init.MountFlag;
import dev.abode.init.Propagation;
import dev.abode.init.Step;
import dev.abode.init.Step.Missing;
import dev.abode.init.Step.Place;
import dev.abode.init.Supervision;
import java.nio.file.Path;
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
    Jail jail = new Jail(firstId);
    jail.copy(server.program(), Jail.SHUT, Missing.MAKE_FILE);
    server.libraries().forEach(folder -> jail.copy(folder, Jail.SHUT, Missing.MAKE_DIRECTORY));
    jail.copy(sockets, Share.SOCKETS, Set.of(), false, Missing.MAKE_DIRECTORY);
    int shared =
        jail.attach(
            share.served(), share.bind().directory() ? Missing.MAKE_DIRECTORY : Missing.MAKE_FILE);
    jail.beside(
        new Step.Detach(
            shared,
            share.bind().source(),
            share.bind().within(),
            share.bind().recursive(),
            share.bind().idMappable(),
            share.bind().readOnly() ? Set.of(MountFlag.READ_ONLY) : Set.of(),
            Propagation.PRIVATE));

    return new LaunchPlan(
        new Supervision(
            false, 0, 0, false, false, Optional.empty(), Optional.empty(), Optional.empty()),
        jail.before(cgroup),
        Jail.NAMESPACES,
        jail.beside(),
        inside(jail, server, share, mountPoint.toString()));
  }

  private static List<Step> inside(Jail jail, ShareServer server, Share share, String mountPoint) {
    List<Step> inside = jail.enter(mountPoint, "");
    // It writes down its pid there.
    inside.add(new Step.MakeDirectory(Place.ROOTFS, "/var/run", 0700));
    inside.addAll(Jail.shut(KEPT));
    inside.add(new Step.ChangeDirectory("/"));
    inside.add(
        new Step.Execute(
            server.command(Share.SOCKETS + "/" + share.socket()),
            List.of("PATH=/usr/bin", "HOME=/")));
    return inside;
  }
}
