package dev.abode.engine.launch;

import dev.abode.engine.cgroup.Cgroup;
import dev.abode.engine.cgroup.CgroupPlacement;
import dev.abode.engine.cgroup.Cgroups;
import dev.abode.engine.cgroup.DeviceRule;
import dev.abode.engine.container.BindMount;
import dev.abode.engine.container.BindSources;
import dev.abode.engine.container.ContainerGround;
import dev.abode.engine.container.ContainerPlan;
import dev.abode.engine.container.DeviceNode;
import dev.abode.engine.container.EtcFiles;
import dev.abode.engine.container.ExecPlan;
import dev.abode.engine.container.HoldPlan;
import dev.abode.engine.container.HostDevices;
import dev.abode.engine.container.HostFacts;
import dev.abode.engine.container.Identity;
import dev.abode.engine.container.LaunchFailure;
import dev.abode.engine.container.SharedNamespace;
import dev.abode.engine.criu.Criu;
import dev.abode.engine.criu.ProcessDump;
import dev.abode.engine.criu.ProcessImages;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.filesystem.ContainerFiles;
import dev.abode.engine.filesystem.HeldRoots;
import dev.abode.engine.filesystem.IdMapping;
import dev.abode.engine.filesystem.InstanceFiles;
import dev.abode.engine.filesystem.ProcessListing;
import dev.abode.engine.filesystem.RootSource;
import dev.abode.engine.filesystem.UpperDirectory;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.LogSpec;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.ProcessTable;
import dev.abode.engine.instance.Stats;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.record.Folders;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.RunFolderOf;
import dev.abode.image.ImageConfig;
import dev.abode.image.Images;
import dev.abode.init.IdRange;
import dev.abode.init.LaunchPlan;
import dev.abode.init.ShimBinary;
import dev.abode.init.ShimEvent;
import dev.abode.init.Step;
import dev.abode.init.Supervision;
import dev.abode.linux.Errno;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Namespaces and control groups: the walls of a container. */
public final class ContainerWalls implements IsolationWalls, AutoCloseable {
  /** Where every container has something mounted. */
  static final Set<String> KERNEL_MOUNTS =
      Set.of(
          "/proc",
          "/sys",
          "/dev",
          "/dev/console",
          "/dev/pts",
          "/dev/shm",
          "/dev/mqueue",
          "/etc/hosts",
          "/etc/hostname",
          "/etc/resolv.conf");

  /** Of those, what the engine's own files are mounted at. */
  static final Set<String> ETC = Set.of("/etc/hosts", "/etc/hostname", "/etc/resolv.conf");

  private final Images images;
  private final Cgroups cgroups;
  private final HostFacts host;
  private final HostMounts mounts;
  private final ShimBinary shims;
  private final Folders folders;
  private final Criu criu = new Criu();
  private final UserDatabases users = new UserDatabases();

  private ContainerWalls(
      Images images, Cgroups cgroups, HostFacts host, Folders folders, ShimBinary shims) {
    this.images = images;
    this.cgroups = cgroups;
    this.host = host;
    this.mounts = new HostMounts(folders.volumes(), host);
    this.shims = shims;
    this.folders = folders;
  }

  /** Finds out what this host can do, and ends what a dead engine had opened to look inside. */
  public static ContainerWalls open(Folders folders, Images images, ShimBinary shims)
      throws IOException {
    HeldRoots.sweep(folders.holds());
    return new ContainerWalls(images, Cgroups.open(), HostFacts.read(), folders, shims);
  }

  /** What saves processes here, in words. */
  public String criu() {
    return criu.known();
  }

  public Cgroups cgroups() {
    return cgroups;
  }

  @Override
  public List<String> review(InstanceSpec spec) {
    spec.security().deviceCgroupRules().forEach(DeviceRule::parse);
    EtcFiles.hosts("check", spec.domainname(), spec.extraHosts(), List.of(), Optional.of("::1"));
    spec.dns().forEach(InetAddress::ofLiteral);
    List<String> warnings = new ArrayList<>();
    if (ContainerPlan.ownsUsers(spec)) {
      for (MountSpec mount : spec.mounts()) {
        if (mount instanceof MountSpec.Bind bind) {
          ownersWarning(bind).ifPresent(warnings::add);
        }
      }
    }
    return warnings;
  }

  private Optional<String> ownersWarning(MountSpec.Bind bind) {
    try {
      return BindSources.ownersWarning(bind, host);
    } catch (IOException e) {
      // A source nobody can look at is refused when the instance is started.
      return Optional.empty();
    }
  }

  @Override
  public void begun(InstanceRecord record) throws IOException {
    InstanceFolder folder = folders.instance(record.id());
    if (ProcessSnapshot.isTaken(folder)) {
      ProcessSnapshot.forget(folder);
      limit(record);
    }
  }

  @Override
  public void adopted(InstanceRecord record, Workload workload) throws IOException {
    ProcessSnapshot.forget(folders.instance(record.id()));
  }

  @Override
  public SavedState save(Whereabouts at, Path folder, Beside beside) throws IOException {
    ProcessDump.Meanwhile files =
        () -> {
          ContainerSnapshot.save(at.folder(), folder);
          beside.save();
        };
    if (at.workload().isPresent()) {
      Cgroup cgroup = cgroups.find(at.record().id());
      return ProcessSnapshot.save(criu, cgroup, at, at.workload().get(), folder, files);
    }
    files.run();
    return new SavedState(false, Duration.ZERO);
  }

  @Override
  public void putBack(Path folder, Whereabouts at, Optional<InstanceRecord> of) throws IOException {
    ContainerSnapshot.putBack(folder, at.folder());
    ProcessSnapshot.putBack(folder, at.folder());
  }

  // ---- networks of one that runs

  @Override
  public List<String> interfaces(InstanceRecord record, InstanceFolder folder) {
    return List.of();
  }

  @Override
  public void joined(Whereabouts at, List<Endpoint> before, Endpoint further) throws IOException {
    List<Endpoint> after = new ArrayList<>(before);
    after.add(further);
    InstanceEtc.renew(at.record(), at.folder().etc(), before, after);
  }

  @Override
  public void parted(Whereabouts at, Endpoint gone, List<Endpoint> left) throws IOException {
    List<Endpoint> before = new ArrayList<>(left);
    before.add(gone);
    InstanceEtc.renew(at.record(), at.folder().etc(), before, left);
  }

  // ---- a start

  @Override
  public LaunchPlan raise(Birth birth) throws IOException {
    InstanceRecord record = birth.record();
    InstanceSpec spec = record.spec();
    InstanceEtc.write(birth.record(), birth.folder().etc(), birth.network().endpoints());
    List<DeviceNode> devices = HostDevices.of(spec.security());
    Optional<Path> images = ProcessSnapshot.takeNext(birth);
    // criu counts among the tasks of a container while it makes the others.
    Limits limits = images.isPresent() ? spec.limits().withoutPids() : spec.limits();
    Cgroup cgroup =
        cgroups.create(record.id(), limits, HostDevices.access(spec.security(), devices));
    LaunchPlan plan = plan(birth, cgroup, devices, mounts.binds(record.mounts()));
    if (images.isEmpty()) {
      return plan;
    }
    return Restoration.of(
        plan,
        criu.require("make the processes of " + record.name() + " again"),
        images.get(),
        birth.run().path());
  }

  @Override
  public Blueprint blueprint(Birth birth) throws IOException {
    InstanceRecord record = birth.record();
    InstanceSpec spec = record.spec();
    List<DeviceNode> devices = HostDevices.of(spec.security());
    Cgroup found = cgroups.find(record.id());
    Cgroup cgroup = found.exists() ? found : cgroups.planned(record.id(), spec.limits());
    return new Blueprint(
        plan(birth, cgroup, devices, mounts.foreseen(record.mounts())),
        cgroup.writes(spec.limits()),
        HostDevices.access(spec.security(), devices),
        List.of());
  }

  private LaunchPlan plan(
      Birth birth, Cgroup cgroup, List<DeviceNode> devices, List<BindMount> binds)
      throws IOException {
    InstanceRecord record = birth.record();
    InstanceSpec spec = record.spec();
    ContainerGround ground =
        new ContainerGround(
            record.id(),
            birth.folder().path(),
            birth.layers(),
            identity(birth.folder(), birth.layers(), record.user(), spec.groupsAdded()),
            birth.firstId(),
            cgroup.placement(),
            binds,
            devices,
            SharedNamespaces.atStart(spec, birth.others()),
            !birth.network().endpoints().isEmpty(),
            log(record, birth.folder()),
            Optional.of(birth.run().exit()),
            host);
    return ContainerPlan.of(spec, config(record), ground);
  }

  private ImageConfig config(InstanceRecord record) {
    return images.require(record.imageId().toString()).config();
  }

  static Optional<Supervision.Log> log(InstanceRecord record, InstanceFolder folder) {
    LogSpec log = record.spec().log();
    return log.kept()
        ? Optional.of(new Supervision.Log(folder.log(), log.maxBytes(), log.maxFiles()))
        : Optional.empty();
  }

  /** Looks the user up in the files as the last run left them, without a mount. */
  private Identity identity(
      InstanceFolder folder, List<Path> layers, String user, List<String> groupsAdded)
      throws IOException {
    return users.of(folder.upper(), layers).resolve(user, groupsAdded);
  }

  private static List<Path> stacked(InstanceFolder folder, List<Path> layers) {
    List<Path> stacked = new ArrayList<>();
    if (Files.isDirectory(folder.upper())) {
      stacked.add(folder.upper());
    }
    stacked.addAll(layers);
    return stacked;
  }

  // ---- a further process

  @Override
  public LaunchPlan plan(Whereabouts at, Workload workload, RunFolderOf run, ExecSpec exec)
      throws IOException {
    InstanceRecord record = at.record();
    InstanceSpec spec = record.spec();
    String user = exec.user().filter(u -> !u.isEmpty()).orElse(record.user());
    Cgroup cgroup = cgroups.find(record.id());
    SharedNamespace first = new SharedNamespace(workload.pid(), workload.startTicks());
    ContainerGround ground =
        new ContainerGround(
            record.id(),
            at.folder().path(),
            at.layers(),
            identity(at.folder(), at.layers(), user, spec.groupsAdded()),
            workload.firstId(),
            cgroup.placement(),
            List.of(),
            List.of(),
            SharedNamespaces.through(first, spec),
            false,
            Optional.empty(),
            Optional.of(run.exit()),
            host);
    return ExecPlan.of(spec, config(record), ground, exec, first);
  }

  @Override
  public EngineException explain(InstanceRecord record, LaunchPlan plan, ShimEvent.Failed failure) {
    boolean restoring =
        failure.phase() == LaunchPlan.Phase.INSIDE
            && failure.step() == plan.inside().size() - 1
            && plan.inside().getLast() instanceof Step.Restore;
    return restoring ? notRestored(record, failure) : LaunchFailure.of(failure, plan);
  }

  private EngineException notRestored(InstanceRecord record, ShimEvent.Failed failure) {
    String words;
    try {
      words = ProcessImages.failure(folders.runOf(record.id()).path());
    } catch (IOException e) {
      words = String.valueOf(e.getMessage());
    }
    return new EngineException(
        Kind.UNSUPPORTED,
        "the processes of "
            + record.name()
            + " cannot be made again ("
            + Errno.words(failure.errno())
            + "), criu says: "
            + words
            + "; its files are those of the snapshot, and the next start begins anew");
  }

  // ---- what stands

  @Override
  public void limit(InstanceRecord record) throws IOException {
    cgroups.find(record.id()).update(record.spec().limits());
  }

  @Override
  public Stats stats(InstanceRecord record, Workload workload) throws IOException {
    return cgroups.find(record.id()).stats(NetworkCounters.of(workload.pid()));
  }

  // ---- looking inside

  @Override
  public InstanceFiles files(Whereabouts at) throws IOException {
    RootSource source =
        at.workload().isPresent()
            ? running(at.workload().get())
            : new RootSource.Stopped(shims, HoldPlan.of(resting(at)), folders.holds());
    return new ContainerFiles(source, stacked(at.folder(), at.layers()), readOnlyRoot(at));
  }

  private static boolean readOnlyRoot(Whereabouts at) {
    return at.record().spec().readOnlyRootfs();
  }

  private static RootSource running(Workload workload) {
    return new RootSource.Running(workload.pid(), workload.startTicks(), mapping(workload));
  }

  private static IdMapping mapping(Workload workload) {
    return workload.firstId().isPresent()
        ? IdMapping.of(new IdRange(0, workload.firstId().getAsLong(), ContainerGround.IDS))
        : IdMapping.SAME;
  }

  /** The ground of a holder: nobody's ids, nobody's groups, no program. */
  private ContainerGround resting(Whereabouts at) throws IOException {
    return new ContainerGround(
        at.record().id(),
        at.folder().path(),
        at.layers(),
        Identity.ROOT,
        OptionalLong.empty(),
        CgroupPlacement.NONE,
        mounts.binds(at.record().mounts()),
        List.of(),
        Map.of(),
        false,
        Optional.empty(),
        Optional.empty(),
        host);
  }

  @Override
  public UpperDirectory written(Whereabouts at) {
    Set<String> mountPoints = new HashSet<>(KERNEL_MOUNTS);
    at.record().mounts().forEach(mount -> mountPoints.add(mount.target()));
    return new UpperDirectory(at.folder().upper(), at.layers(), mountPoints);
  }

  @Override
  public ProcessTable processes(Whereabouts at, List<String> psArguments) throws IOException {
    Set<Integer> pids = new HashSet<>();
    cgroups.find(at.record().id()).processes().forEach(pid -> pids.add(Math.toIntExact(pid)));
    return ProcessListing.of(
        pids,
        psArguments,
        at.workload().map(ContainerWalls::mapping).orElse(IdMapping.SAME),
        users.of(at.folder().upper(), at.layers()));
  }

  @Override
  public void close() {
    cgroups.close();
  }
}
