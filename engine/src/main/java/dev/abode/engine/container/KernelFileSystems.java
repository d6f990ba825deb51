package dev.abode.engine.container;

import dev.abode.engine.cgroup.CgroupPlacement;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.Sharing;
import dev.abode.init.MountFlag;
import dev.abode.init.Namespace;
import dev.abode.init.Step;
import dev.abode.init.Step.Place;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the kernel tells a container of itself: {@code /proc}, {@code /dev} and {@code /sys}, with
 * the control groups.
 */
final class KernelFileSystems {
  private static final long DEFAULT_SHM_BYTES = 64L << 20;
  private static final Set<MountFlag> RESTRICTED =
      Set.of(MountFlag.NO_SUID, MountFlag.NO_DEV, MountFlag.NO_EXEC);

  private final RootFilesystem root;
  private final InstanceSpec spec;
  private final ContainerGround ground;
  private final Set<Namespace> namespaces;
  private final boolean privileged;
  private final boolean hostUsers;

  /** Where the user mounts something else. */
  private final Set<String> replaced;

  private KernelFileSystems(
      RootFilesystem root, InstanceSpec spec, ContainerGround ground, Set<Namespace> namespaces) {
    this.root = root;
    this.spec = spec;
    this.ground = ground;
    this.namespaces = namespaces;
    this.privileged = spec.security().privileged();
    this.hostUsers = ground.firstId().isEmpty();
    this.replaced = spec.mounts().stream().map(MountSpec::target).collect(Collectors.toSet());
  }

  /** Mounts them, except where the user mounts something else. */
  static void mount(
      RootFilesystem root, InstanceSpec spec, ContainerGround ground, Set<Namespace> namespaces) {
    KernelFileSystems systems = new KernelFileSystems(root, spec, ground, namespaces);
    systems.proc();
    if (!systems.replaced.contains("/dev")) {
      root.deviceFolder(systems.devices());
      systems.devFileSystems();
    }
    if (!systems.replaced.contains("/sys")) {
      systems.sys();
    }
  }

  private void proc() {
    if (hostUsers || namespaces.contains(Namespace.PID)) {
      root.mount(new Step.Mount("proc", "proc", Place.ROOTFS, "/proc", RESTRICTED, ""));
    } else if (ground.joined().containsKey(Namespace.PID)) {
      // Only the other instance's user namespace could mount it, and it has done so already.
      root.folderOf(shared(Namespace.PID), "/proc", RESTRICTED);
    } else {
      root.hostFolder("/proc", false, RESTRICTED);
    }
  }

  private void sys() {
    Set<MountFlag> flags = EnumSet.copyOf(RESTRICTED);
    if (!privileged) {
      flags.add(MountFlag.READ_ONLY);
    }
    Step.Mount sysfs = new Step.Mount("sysfs", "sysfs", Place.ROOTFS, "/sys", flags, "");
    if (hostUsers || namespaces.contains(Namespace.NETWORK)) {
      root.mount(sysfs);
    } else {
      root.stagedMount("sys", sysfs);
    }
    if (!replaced.contains("/sys/fs/cgroup")) {
      cgroups();
    }
  }

  private void devFileSystems() {
    root.mount(
        new Step.Mount(
            "devpts",
            "devpts",
            Place.ROOTFS,
            "/dev/pts",
            Set.of(MountFlag.NO_SUID, MountFlag.NO_EXEC),
            "newinstance,ptmxmode=0666,mode=0620,gid=5"));
    boolean hostIpc = spec.sharing().ipc() instanceof Sharing.With.Host;
    Step.Mount mqueue =
        new Step.Mount("mqueue", "mqueue", Place.ROOTFS, "/dev/mqueue", RESTRICTED, "");
    if (!replaced.contains("/dev/mqueue")) {
      if (hostUsers || namespaces.contains(Namespace.IPC)) {
        root.mount(mqueue);
      } else {
        root.stagedMount("mqueue", mqueue);
      }
    }
    if (!replaced.contains("/dev/shm")) {
      if (hostIpc) {
        root.hostFolder("/dev/shm", false, RESTRICTED);
      } else if (ground.joined().containsKey(Namespace.IPC)) {
        root.folderOf(shared(Namespace.IPC), "/dev/shm", RESTRICTED);
      } else {
        root.mount(
            new Step.Mount(
                "tmpfs",
                "shm",
                Place.ROOTFS,
                "/dev/shm",
                RESTRICTED,
                "mode=1777,size=" + spec.shmBytes().orElse(DEFAULT_SHM_BYTES)));
      }
    }
  }

  /** The instance's own groups, as far as it is a member of any. */
  private void cgroups() {
    Set<MountFlag> flags = EnumSet.copyOf(RESTRICTED);
    if (!privileged) {
      flags.add(MountFlag.READ_ONLY);
    }
    if (!namespaces.contains(Namespace.CGROUP)) {
      root.hostFolder("/sys/fs/cgroup", true, flags);
      return;
    }
    if (ground.cgroup().unified()) {
      root.mount(new Step.Mount("cgroup2", "cgroup", Place.ROOTFS, "/sys/fs/cgroup", flags, ""));
      return;
    }
    if (ground.cgroup().memberships().isEmpty()) {
      return;
    }
    root.mount(
        new Step.Mount("tmpfs", "tmpfs", Place.ROOTFS, "/sys/fs/cgroup", RESTRICTED, "mode=755"));
    for (CgroupPlacement.Membership membership : ground.cgroup().memberships()) {
      String name = membership.hierarchy().name();
      root.mount(
          new Step.Mount("cgroup", "cgroup", Place.ROOTFS, "/sys/fs/cgroup/" + name, flags, name));
      if (membership.hierarchy().controllers().size() > 1) {
        for (String controller : membership.hierarchy().controllers()) {
          root.inside(new Step.MakeSymlink(Place.ROOTFS, "/sys/fs/cgroup/" + controller, name));
        }
      }
    }
    if (!privileged) {
      root.inside(
          new Step.ChangeMount(Place.ROOTFS, "/sys/fs/cgroup", false, Set.of(MountFlag.READ_ONLY)));
    }
  }

  private List<DeviceNode> devices() {
    Map<String, DeviceNode> nodes = new TreeMap<>();
    for (DeviceNode device : DefaultDevices.NODES) {
      nodes.put(device.path(), device);
    }
    for (DeviceNode device : ground.devices()) {
      if (!device.path().startsWith("/dev/")) {
        throw new EngineException(
            EngineException.Kind.UNSUPPORTED,
            "a device can appear below /dev only, not at " + device.path());
      }
      nodes.put(device.path(), device);
    }
    return List.copyOf(nodes.values());
  }

  private SharedNamespace shared(Namespace namespace) {
    return Objects.requireNonNull(ground.joined().get(namespace), namespace::name);
  }
}
