package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.Sharing;
import dev.abode.engine.seccomp.SeccompFilters;
import dev.abode.image.ImageConfig;
import dev.abode.init.Capability;
import dev.abode.init.IdRange;
import dev.abode.init.LaunchPlan;
import dev.abode.init.MountFlag;
import dev.abode.init.Namespace;
import dev.abode.init.Step;
import dev.abode.init.Step.Place;
import dev.abode.init.Supervision;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The recipe of a container: what its record, its image and the prepared ground become as steps.
 *
 * <p>The stage, still the host's root, joins the control groups, and clones the workload into new
 * user, PID, network, IPC, UTS and cgroup namespaces. It writes the id maps, takes id-mapped copies
 * of the layers and of the user's folders, stacks the layers, and hands all of it over. The
 * workload attaches them below a root of its own, adds the kernel's file systems, hides what those
 * tell of the host, pivots, and gives up everything it may not keep.
 */
public final class ContainerPlan {
  private final InstanceSpec spec;
  private final ImageConfig image;
  private final ContainerGround ground;
  private final boolean privileged;

  private ContainerPlan(InstanceSpec spec, ImageConfig image, ContainerGround ground) {
    this.spec = spec;
    this.image = image;
    this.ground = ground;
    this.privileged = spec.security().privileged();
  }

  /**
   * The plan of one start.
   *
   * @throws EngineException of kind INVALID_ARGUMENT, PERMISSION or UNSUPPORTED when the record
   *     asks for what cannot be
   */
  public static LaunchPlan of(InstanceSpec spec, ImageConfig image, ContainerGround ground) {
    return new ContainerPlan(spec, image, ground).plan();
  }

  /**
   * Whether an instance of this record has a user namespace of its own, and so needs a range of
   * ids.
   */
  public static boolean ownsUsers(InstanceSpec spec) {
    // A hypervisor has one in any case; what is privileged in its guest is nobody on the host.
    return spec.isolation() == Isolation.VM
        || (!spec.security().privileged() && spec.sharing().user() instanceof Sharing.With.Nobody);
  }

  /** The name an instance sees itself under: the one asked for, or 12 digits of its ID. */
  public static String hostname(InstanceSpec spec, String id) {
    return spec.hostname().filter(h -> !h.isEmpty()).orElse(id.substring(0, 12));
  }

  private LaunchPlan plan() {
    checkSharing();
    Set<Namespace> namespaces = ownNamespaces(spec, ground.joined().keySet());

    List<Step> before = new ArrayList<>(ground.cgroup().joinSteps());
    spec.limits()
        .oomScoreAdj()
        .ifPresent(
            score ->
                before.add(
                    new Step.WriteFile(
                        Place.HOST, "/proc/self/oom_score_adj", Integer.toString(score))));
    before.addAll(Ulimits.raise(spec.limits().ulimits(), ground.host()));
    if (!spec.streams().terminal()) {
      Identity identity = ground.identity();
      before.add(
          new Step.OwnStreams(
              Workload.outside(ground, identity.uid(), "user"),
              Workload.outside(ground, identity.gid(), "group")));
    }
    joined().forEach(before::add);

    List<Step> beside = new ArrayList<>();
    if (ground.firstId().isPresent()) {
      List<IdRange> ids =
          List.of(new IdRange(0, ground.firstId().getAsLong(), ContainerGround.IDS));
      beside.add(new Step.MapIds(ids, ids));
    }
    if (ground.awaitsInterfaces()) {
      beside.add(new Step.TellEngine());
    }

    RootFilesystem root = new RootFilesystem(ground);
    root.stackLayers();
    KernelFileSystems.mount(root, spec, ground, namespaces);
    root.etcFiles();
    userMounts(root);
    before.addAll(root.before());
    beside.addAll(root.beside());

    List<Step> inside = new ArrayList<>(root.attachments());
    if (namespaces.contains(Namespace.UTS)) {
      inside.add(new Step.SetHostname(hostname(spec, ground.id())));
      if (!spec.domainname().isEmpty()) {
        inside.add(new Step.SetDomainname(spec.domainname()));
      }
    }
    if (namespaces.contains(Namespace.NETWORK)) {
      inside.add(new Step.LoopbackUp());
    }
    // What was asked for may speak of an interface; everything else is done while they are made.
    boolean early = ground.awaitsInterfaces() && !spec.security().sysctls().isEmpty();
    if (early) {
      inside.add(new Step.AwaitEngine());
    }
    inside.addAll(sysctls(namespaces));
    String directory = workingDirectory(spec, image);
    if (!directory.equals("/")) {
      inside.add(new Step.MakeDirectory(Place.ROOTFS, directory, 0755));
    }
    inside.addAll(hidden());
    if (spec.readOnlyRootfs()) {
      inside.add(new Step.ChangeMount(Place.ROOTFS, "/", false, Set.of(MountFlag.READ_ONLY)));
    }
    inside.add(new Step.PivotRoot());
    if (spec.streams().terminal()) {
      inside.add(new Step.OpenTerminal(true));
    }
    inside.addAll(Ulimits.set(spec.limits().ulimits()));
    if (ground.awaitsInterfaces() && !early) {
      inside.add(new Step.AwaitEngine());
    }
    inside.addAll(workload(directory).steps());

    return new LaunchPlan(supervision(), before, namespaces, beside, inside);
  }

  private Supervision supervision() {
    return new Supervision(
        spec.streams().terminal(),
        spec.terminalRows().orElse(0),
        spec.terminalColumns().orElse(0),
        spec.streams().openStdin(),
        spec.streams().closeStdinOnce(),
        ground.log(),
        ground.exitRecord(),
        ground.cgroup().oomEvents());
  }

  private Workload workload(String directory) {
    Set<Capability> bounding = bounding(spec, ground.host());
    Workload workload =
        new Workload(
            Command.arguments(spec, image),
            Command.environment(
                Command.environment(
                    spec, image, hostname(spec, ground.id()), spec.streams().terminal()),
                List.of(),
                ground.identity()),
            directory,
            ground.identity(),
            bounding,
            spec.security().noNewPrivileges(),
            seccomp(spec, bounding, ground.host()),
            spec.streams().terminal(),
            spec.initProcess());
    if (ground.firstId().isPresent()) {
      workload.checkMapped();
    }
    return workload;
  }

  static String workingDirectory(InstanceSpec spec, ImageConfig image) {
    return Command.workingDirectory(spec.workingDirectory(), image.workingDirectory());
  }

  static Set<Capability> bounding(InstanceSpec spec, HostFacts host) {
    return Capabilities.of(
        spec.security(), ownsUsers(spec) ? EnumSet.allOf(Capability.class) : host.capabilities());
  }

  static Optional<java.nio.ByteBuffer> seccomp(
      InstanceSpec spec, Set<Capability> bounding, HostFacts host) {
    if (spec.security().privileged()) {
      return Optional.empty();
    }
    return SeccompFilters.program(
        spec.security().seccomp(),
        bounding,
        host.architecture(),
        host.kernelMajor(),
        host.kernelMinor());
  }

  // ---- namespaces

  private void checkSharing() {
    boolean ownUsers = ground.firstId().isPresent();
    if (ownUsers != ownsUsers(spec)) {
      throw new IllegalArgumentException("ids must be given exactly when the record wants its own");
    }
    if (ownUsers && !ground.host().mapsOverlayLayers()) {
      throw new EngineException(
          EngineException.Kind.UNSUPPORTED,
          "an instance with a user namespace of its own needs Linux 5.19, where overlayfs takes"
              + " id-mapped layers; use the host's user namespace (--userns host)");
    }
    if (ground.joined().containsKey(Namespace.USER)) {
      throw new EngineException(
          EngineException.Kind.UNSUPPORTED,
          "the user namespace of another instance cannot be shared; share the host's (--userns"
              + " host), or leave each its own");
    }
    if (spec.sharing().uts() instanceof Sharing.With.Host && spec.hostname().isPresent()) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT, "conflicting options: hostname and the UTS mode");
    }
    for (BindMount bind : ground.binds()) {
      boolean shared =
          switch (bind.propagation()) {
            case SHARED, RSHARED -> true;
            case PRIVATE, RPRIVATE, SLAVE, RSLAVE -> false;
          };
      if (shared && ownUsers) {
        throw new EngineException(
            EngineException.Kind.UNSUPPORTED,
            "the bind mount at "
                + bind.target()
                + " asks for shared propagation, which would let the instance mount on the host;"
                + " that takes the host's user namespace (--userns host)");
      }
    }
  }

  /** The namespaces that are made for an instance of this record. */
  static Set<Namespace> ownNamespaces(InstanceSpec spec, Set<Namespace> joined) {
    Set<Namespace> own = EnumSet.noneOf(Namespace.class);
    Sharing sharing = spec.sharing();
    addIfOwn(own, Namespace.PID, sharing.pid());
    addIfOwn(own, Namespace.IPC, sharing.ipc());
    addIfOwn(own, Namespace.UTS, sharing.uts());
    addIfOwn(own, Namespace.CGROUP, sharing.cgroup());
    if (ownsUsers(spec)) {
      own.add(Namespace.USER);
    }
    boolean ownNetwork =
        switch (spec.network()) {
          case NetworkMode.None none -> true;
          case NetworkMode.Unspecified unspecified -> true;
          case NetworkMode.Bridged bridged -> true;
          case NetworkMode.Host host -> false;
          case NetworkMode.Instance other -> false;
        };
    if (ownNetwork) {
      own.add(Namespace.NETWORK);
    }
    own.removeAll(joined);
    return own;
  }

  private static void addIfOwn(Set<Namespace> own, Namespace namespace, Sharing.With with) {
    if (with instanceof Sharing.With.Nobody) {
      own.add(namespace);
    }
  }

  private List<Step> joined() {
    Map<SharedNamespace, Set<Namespace>> byProcess =
        ground.joined().entrySet().stream()
            .collect(
                Collectors.groupingBy(
                    Map.Entry::getValue,
                    Collectors.mapping(Map.Entry::getKey, Collectors.toSet())));
    return byProcess.entrySet().stream()
        .map(e -> (Step) new Step.Enter(e.getKey().pid(), e.getKey().startTicks(), e.getValue()))
        .toList();
  }

  // ---- mounts

  private void userMounts(RootFilesystem root) {
    Map<String, Runnable> mounts = new TreeMap<>(RootFilesystem.byDepth().thenComparing(t -> t));
    for (BindMount bind : ground.binds()) {
      String target = target(bind.target());
      put(mounts, target, () -> root.bind(bind.at(target)));
    }
    for (MountSpec mount : spec.mounts()) {
      if (mount instanceof MountSpec.Tmpfs tmpfs) {
        String target = target(tmpfs.target());
        put(mounts, target, () -> root.mount(TmpfsOptions.mount(tmpfs, target)));
      }
    }
    mounts.values().forEach(Runnable::run);
  }

  private static void put(Map<String, Runnable> mounts, String target, Runnable mount) {
    if (mounts.putIfAbsent(target, mount) != null) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT, "Duplicate mount point: " + target);
    }
  }

  private static String target(String asked) {
    String target = Command.clean(asked, "mount path");
    if (target.equals("/")) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "invalid mount target '" + asked + "': destination can't be '/'");
    }
    if (target.equals("/proc") || target.startsWith("/proc/")) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "invalid mount target '"
              + asked
              + "': nothing can be mounted into /proc, because the engine's own walls rely on it");
    }
    return target;
  }

  // ---- what is hidden

  private List<Step> hidden() {
    if (privileged) {
      return List.of();
    }
    List<Step> steps = new ArrayList<>();
    spec.security()
        .maskedPaths()
        .orElseGet(() -> HiddenPaths.masked(ground.host()))
        .forEach(path -> steps.add(new Step.Mask(path)));
    spec.security()
        .readOnlyPaths()
        .orElse(HiddenPaths.READ_ONLY)
        .forEach(path -> steps.add(new Step.ReadOnlyPath(path)));
    return steps;
  }

  private List<Step> sysctls(Set<Namespace> namespaces) {
    Map<String, String> asked = spec.security().sysctls();
    List<Step> steps = new ArrayList<>();
    if (namespaces.contains(Namespace.NETWORK)) {
      steps.addAll(
          Sysctls.networkDefaults(
              asked, ground.firstId().isPresent() ? ContainerGround.IDS : 1L << 31));
    }
    steps.addAll(
        Sysctls.steps(
            asked,
            namespaces.contains(Namespace.IPC),
            namespaces.contains(Namespace.NETWORK),
            namespaces.contains(Namespace.UTS)));
    return steps;
  }
}
