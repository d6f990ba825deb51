package dev.abode.engine.launch;

import dev.abode.engine.bridge.BridgeNetworks;
import dev.abode.engine.cgroup.CgroupPlacement;
import dev.abode.engine.cgroup.Cgroups;
import dev.abode.engine.container.ContainerPlan;
import dev.abode.engine.container.EtcFiles;
import dev.abode.engine.container.HostFacts;
import dev.abode.engine.container.Identity;
import dev.abode.engine.container.UserDatabase;
import dev.abode.engine.disk.LayerDisks;
import dev.abode.engine.disk.WritableDisks;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.filesystem.InstanceFiles;
import dev.abode.engine.filesystem.WrittenFiles;
import dev.abode.engine.guest.Kernels;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.MachineTemplate;
import dev.abode.engine.instance.ProcessTable;
import dev.abode.engine.instance.Stats;
import dev.abode.engine.machine.Acceleration;
import dev.abode.engine.machine.CardPlace;
import dev.abode.engine.machine.GuestGround;
import dev.abode.engine.machine.GuestPlan;
import dev.abode.engine.machine.GuestProcesses;
import dev.abode.engine.machine.GuestUsage;
import dev.abode.engine.machine.GuestView;
import dev.abode.engine.machine.Hypervisor;
import dev.abode.engine.machine.HypervisorLimits;
import dev.abode.engine.machine.Hypervisors;
import dev.abode.engine.machine.MachineContent;
import dev.abode.engine.machine.MachineDisk;
import dev.abode.engine.machine.MachineReview;
import dev.abode.engine.machine.MachineShape;
import dev.abode.engine.machine.Monitor;
import dev.abode.engine.machine.NetworkCard;
import dev.abode.engine.machine.Share;
import dev.abode.engine.memory.MemoryImage;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.record.Folders;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.RunFolderOf;
import dev.abode.image.Images;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Remote;
import dev.abode.init.ShimBinary;
import dev.abode.init.ShimEvent;
import dev.abode.init.Step;
import dev.abode.linux.HostMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A hypervisor in a jail, and a kernel of its own in it: the walls of a virtual machine. */
public final class MachineWalls implements IsolationWalls, AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(MachineWalls.class);

  /** How long a guest that goes on from a snapshot may take to say that it does. */
  private static final Duration SETTLING = Duration.ofSeconds(60);

  private final Folders folders;
  private final Cgroups cgroups;
  private final long hostMemoryBytes;
  private final Kernels kernels;
  private final Hypervisors hypervisors;
  private final MachineDesign design;
  private final MachineRoom room;
  private final MemoryImage memories = new MemoryImage();
  private final Templates templates;
  private final ShimBinary shims;

  /** Machines that are being started, with what they are. */
  private final Map<String, Starting> starting = new ConcurrentHashMap<>();

  private record Starting(MachineModel model, Templates.Start start) {}

  private final HostMounts mounts;
  private final ShareServers servers;
  private final BridgeNetworks networks;
  private final MachineInterior interior;
  private final MachineCards cards;

  /**
   * Walls that stand in the same control groups as those of containers. Nothing is looked for
   * before the first machine is made.
   */
  public MachineWalls(
      Folders folders,
      Images images,
      Cgroups cgroups,
      ShimBinary shims,
      HostIds ids,
      BridgeNetworks networks)
      throws IOException {
    HostFacts host = HostFacts.read();
    this.hostMemoryBytes = HostMemory.totalBytes();
    this.networks = networks;
    this.folders = folders;
    this.cgroups = cgroups;
    this.kernels = new Kernels(folders.machines().resolve("kernels"), ShimBinary.program());
    this.hypervisors = new Hypervisors(folders.machines().resolve("acceleration"));
    this.design = new MachineDesign(images, kernels, hypervisors, host, networks);
    this.room =
        new MachineRoom(
            cgroups,
            new LayerDisks(),
            new WritableDisks(folders.machines().resolve("blank"), MachineRoom.DISK_BYTES));
    this.interior =
        new MachineInterior(shims, folders.holds(), new RestingMachines(design, room, ids));
    this.cards = new MachineCards(design, interior, shims);
    this.shims = shims;
    this.mounts = new HostMounts(folders.volumes(), host);
    this.servers = new ShareServers(shims);
    this.templates =
        new Templates(
            folders.machines().resolve("templates"),
            new TemplateBoot(folders, cgroups, shims, ids, design.seccomp()),
            memories);
  }

  @Override
  public void close() throws IOException {
    templates.close();
    memories.close();
  }

  /** The machines that were saved for others to start from. */
  public List<MachineTemplate> templates() throws IOException {
    return templates.list();
  }

  /** Removes them, and returns how many bytes that freed. */
  public long pruneTemplates() throws IOException {
    return templates.prune();
  }

  /**
   * Makes the template for instances with these limits, of images with so many layers and in so
   * many networks, if there is none.
   *
   * @return whether it was made just now
   * @throws EngineException INVALID_ARGUMENT for more networks than a machine can be in
   */
  public boolean warm(Limits limits, int layers, int networks) throws IOException {
    if (networks < 0 || networks > CardPlace.MAX) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "a virtual machine can be in " + CardPlace.MAX + " networks at most, not in " + networks);
    }
    return templates.ensure(design.model(limits, layers, MachineModel.cards(networks)));
  }

  /** What runs the machines, if one was started yet. */
  public Optional<Hypervisor> hypervisor() {
    return hypervisors.known();
  }

  @Override
  public List<String> review(InstanceSpec spec) {
    MachineReview.review(spec);
    MachineReview.fits(spec.limits(), hostMemoryBytes);
    EtcFiles.hosts("check", spec.domainname(), spec.extraHosts(), List.of(), Optional.empty());
    return List.of();
  }

  // ---- a start

  @Override
  public LaunchPlan raise(Birth birth) throws IOException {
    InstanceRecord record = birth.record();
    InstanceSpec spec = record.spec();
    List<MachineDisk> disks = room.disks(birth.folder(), birth.layers());
    List<Endpoint> endpoints = birth.network().endpoints();
    List<NetworkCard> board = design.cards(endpoints, numbers(birth.folder(), endpoints.size()));
    MachineShape shape =
        MadeShape.read(next(birth.folder())).orElseGet(() -> MachineShape.of(spec.limits()));
    MadeShape.write(birth.run().path(), shape);
    MachineModel model =
        design.model(
            spec, shape, birth.layers().size(), board.stream().map(NetworkCard::number).toList());
    List<Share> shares = MachineDesign.shares(mounts.binds(record.mounts()));
    CgroupPlacement cgroup =
        room.cgroup(record.id(), spec.limits(), model.shape(), model.hypervisor().acceleration())
            .placement();
    boolean resumes = MachineSnapshot.takeNext(birth.folder(), model);
    Templates.Start start = startOf(birth.folder(), model, resumes, shares);
    starting.put(record.id(), new Starting(model, start));
    if (!shares.isEmpty()) {
      servers.start(birth, shares, cgroup);
    }
    return design.plan(
        birth,
        new MachineDesign.Parts(
            model,
            cgroup,
            start.content(),
            resumes,
            disks,
            board.stream().map(NetworkCard::place).toList(),
            board,
            shares,
            ShareServers.sockets(birth.run())));
  }

  /** The numbers of its cards: those of the machine whose memory it goes on with, or new ones. */
  private static List<Integer> numbers(InstanceFolder folder, int networks) throws IOException {
    List<Integer> saved = SavedCards.read(next(folder)).numbers();
    return saved.size() == networks ? saved : MachineModel.cards(networks);
  }

  private static Path next(InstanceFolder folder) {
    return folder.path().resolve(MachineSnapshot.NEXT);
  }

  @Override
  public List<String> interfaces(InstanceRecord record, InstanceFolder folder) throws IOException {
    return SavedCards.read(next(folder)).interfaces();
  }

  @Override
  public void joined(Whereabouts at, List<Endpoint> before, Endpoint further) throws IOException {
    cards.insert(at, before, further);
  }

  @Override
  public void parted(Whereabouts at, Endpoint gone, List<Endpoint> left) {
    cards.remove(at, gone, left);
  }

  /** Goes on from a snapshot, or starts from a template, or boots. */
  private Templates.Start startOf(
      InstanceFolder folder, MachineModel model, boolean resumes, List<Share> shares)
      throws IOException {
    Path base = folder.path().resolve(MachineSnapshot.BASE);
    if (!shares.isEmpty()) {
      // What serves folders keeps a state of its own for each guest, which nothing can save.
      MachineSnapshot.base(folder, List.of());
    } else if (!resumes) {
      MachineSnapshot.base(folder, templates.memoryOf(model));
    }
    List<Path> memory = MachineSnapshot.memory(base);
    if (memory.isEmpty()) {
      return Templates.Start.COLD;
    }
    Path devices = resumes ? base.resolve(MachineSnapshot.DEVICES) : templates.devicesOf(model);
    MemoryImage.Lease lease = memories.lease(memory, model.shape().memoryBytes());
    return new Templates.Start(new MachineContent.Saved(lease.path(), devices), Optional.of(lease));
  }

  /**
   * A machine that had to boot is followed by a template, for those that come after it. One that
   * goes on from a snapshot waits until it is told that it may.
   */
  @Override
  public void begun(InstanceRecord record) throws IOException {
    Starting over = starting.remove(record.id());
    settle(record);
    if (over != null) {
      over.start().begun();
      boolean ofLimits = over.model().shape().equals(MachineShape.of(record.spec().limits()));
      if (MachineReview.kernel(record.spec()).isEmpty() && ofLimits && over.model().isOfStart()) {
        templates.begin(over.model());
      }
    }
  }

  @Override
  public void adopted(InstanceRecord record, Workload workload) throws IOException {
    try (Monitor monitor = Monitor.open(workload.pid())) {
      monitor.resume();
      DiskCopy.forget(monitor, folders.instance(record.id()).path().resolve(MachineInterior.DISK));
    }
    settle(record);
    // What froze the workload for a snapshot has let it go on by leaving, and does no harm twice.
    try (GuestView guest = GuestView.open(folders.runOf(record.id()).socket(), SETTLING)) {
      guest.thaw();
    }
  }

  /** The start of that instance, if one is being made, has failed. */
  void forget(String id) {
    Starting over = starting.remove(id);
    if (over != null) {
      over.start().begun();
    }
  }

  /** What is left of a snapshot's devices says that the workload still stands still. */
  private void settle(InstanceRecord record) throws IOException {
    Path base = folders.instance(record.id()).path().resolve(MachineSnapshot.BASE);
    Path devices = base.resolve(MachineSnapshot.DEVICES);
    if (!Files.exists(devices)) {
      return;
    }
    RunFolderOf run = folders.runOf(record.id());
    CloneIdentity identity = new CloneIdentity(new GuestSteps(shims, run));
    List<Endpoint> endpoints = networks.run(record.id()).endpoints();
    List<Step> present = new ArrayList<>(GuestPlan.update(record.spec().limits()));
    present.addAll(GuestPlan.moved(design.cards(endpoints)));
    identity.move(record, present);
    Path origin = base.resolve(MachineSnapshot.ORIGIN);
    if (Files.exists(origin)) {
      identity.take(Files.readString(origin), record, InstanceEtc.ofMachine(record, endpoints));
      Files.delete(origin);
    }
    try (GuestView guest = GuestView.open(run.socket(), SETTLING)) {
      guest.thaw();
    }
    Files.delete(devices);
  }

  @Override
  public SavedState save(Whereabouts at, Path folder, Beside beside) throws IOException {
    if (at.workload().isPresent() && !mounts.binds(at.record().mounts()).isEmpty()) {
      throw new EngineException(
          Kind.UNSUPPORTED,
          "what serves folders and volumes to "
              + at.record().name()
              + " cannot be saved with its memory; stop it, and take a snapshot of its disk and"
              + " volumes");
    }
    if (at.workload().isEmpty()) {
      SavedState stopped = MachineSnapshot.saveStopped(at.folder(), folder);
      beside.save();
      return stopped;
    }
    int pid = at.workload().get().pid();
    SavedCards saved;
    try (Monitor monitor = Monitor.open(pid)) {
      List<Endpoint> endpoints = networks.run(at.record().id()).endpoints();
      saved = SavedCards.of(at.record().name(), endpoints, monitor.cards());
    }
    MachineModel model =
        design.model(at.record().spec(), made(at.record()), at.layers().size(), saved.numbers());
    return MachineSnapshot.saveRunning(at, pid, model, saved, folder);
  }

  @Override
  public void putBack(Path folder, Whereabouts at, Optional<InstanceRecord> of) throws IOException {
    MachineSnapshot.putBack(
        folder,
        at.folder(),
        of.map(origin -> ContainerPlan.hostname(origin.spec(), origin.id())).stream().toList());
  }

  @Override
  public Blueprint blueprint(Birth birth) throws IOException {
    return new MachineBlueprints(design, room, mounts, templates).of(birth);
  }

  // ---- a further process

  @Override
  public LaunchPlan plan(Whereabouts at, Workload workload, RunFolderOf run, ExecSpec exec)
      throws IOException {
    InstanceRecord record = at.record();
    InstanceSpec spec = record.spec();
    String user = exec.user().filter(u -> !u.isEmpty()).orElse(record.user());
    // Numbers are taken as the image has them, since to ask the guest costs as much as an exec.
    UserDatabase users =
        MachineUsers.areNamed(user)
            ? MachineUsers.ofRunning(interior.files(at))
            : MachineUsers.ofImage(at.layers());
    Identity identity = users.resolve(user, spec.groupsAdded());
    LaunchPlan guest =
        GuestPlan.of(
            spec,
            design.config(record),
            new GuestGround(
                record.id(),
                at.layers().size(),
                identity,
                Map.of(),
                GuestGround.kernel(design.release(spec))),
            exec);
    return LaunchPlan.elsewhere(
        MachineDesign.supervision(
            guest.supervision(),
            Optional.empty(),
            Optional.of(run.exit()),
            Optional.empty(),
            new Remote.Session(at.run().socket(), guest)));
  }

  @Override
  public EngineException explain(InstanceRecord record, LaunchPlan plan, ShimEvent.Failed failure) {
    return MachineFailures.explain(record, plan, failure);
  }

  // ---- what stands

  /** Memory stays what the machine was made with; CPU time changes on the host. */
  @Override
  public void limit(InstanceRecord record) throws IOException {
    Limits limits = record.spec().limits();
    RunFolderOf run = folders.runOf(record.id());
    MachineShape made = made(record);
    try (GuestView guest = GuestView.open(run.socket())) {
      MachineReview.reviewUpdate(guest, limits, made.memoryBytes());
    }
    new GuestSteps(shims, run)
        .play(GuestPlan.update(limits), "cannot limit the workload of " + record.name());
    Acceleration acceleration = hypervisors.find(kernels.ready()).acceleration();
    cgroups.find(record.id()).update(HypervisorLimits.of(limits, made, acceleration));
  }

  /** What a running machine was made with. */
  private MachineShape made(InstanceRecord record) throws IOException {
    return MadeShape.read(folders.runOf(record.id()).path())
        .orElseGet(() -> MachineShape.of(record.spec().limits()));
  }

  @Override
  public Stats stats(InstanceRecord record, Workload workload) throws IOException {
    Stats ofHost = cgroups.find(record.id()).stats(NetworkCounters.of(workload.pid()));
    try (GuestView guest = GuestView.open(folders.runOf(record.id()).socket())) {
      return GuestUsage.of(guest, ofHost, MachineShape.of(record.spec().limits()));
    } catch (IOException e) {
      LOGGER.debug("the guest of {} does not say what it uses", record.name(), e);
      return ofHost;
    }
  }

  // ---- looking inside

  @Override
  public InstanceFiles files(Whereabouts at) {
    return interior.files(at);
  }

  @Override
  public WrittenFiles written(Whereabouts at) {
    return interior.written(at);
  }

  @Override
  public ProcessTable processes(Whereabouts at, List<String> psArguments) throws IOException {
    UserDatabase users = MachineUsers.ofRunning(interior.files(at));
    try (GuestView guest = GuestView.open(at.run().socket())) {
      return GuestProcesses.of(guest, psArguments, users);
    }
  }
}
