package dev.abode.engine;

import dev.abode.engine.bridge.BridgeNetworks;
import dev.abode.engine.event.EventLog;
import dev.abode.engine.explanation.Diagnosis;
import dev.abode.engine.explanation.Explanation;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Event;
import dev.abode.engine.instance.ExecInfo;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.MachineTemplate;
import dev.abode.engine.launch.ChosenWalls;
import dev.abode.engine.launch.ContainerWalls;
import dev.abode.engine.launch.InstanceEtc;
import dev.abode.engine.launch.MachineWalls;
import dev.abode.engine.log.LogWatch;
import dev.abode.engine.machine.Hypervisor;
import dev.abode.engine.record.Folders;
import dev.abode.engine.record.LateSync;
import dev.abode.engine.resolver.Resolver;
import dev.abode.image.Digest;
import dev.abode.image.Images;
import dev.abode.image.Registries;
import dev.abode.image.registry.RegistryClient;
import dev.abode.init.ShimBinary;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One engine on one root folder, with or without a daemon around it.
 *
 * <p>Opening takes the folder's lock, repairs what a dead engine left half-made, and adopts the
 * workloads that went on without it. Closing leaves them running. Safe for many threads.
 *
 * {@snippet :
 * try (Engine engine = Engine.open(EngineOptions.at(root))) {
 *   Instance instance = engine.create(InstanceSpec.of("alpine", "echo", "hello"));
 *   Attachment output = instance.attach(false, true, true);
 *   instance.start();
 *   output.read().ifPresent(line -> System.out.print(UTF_8.decode(line.bytes())));
 *   instance.await(WaitCondition.NOT_RUNNING);
 *   instance.remove(false, false);
 * }
 * }
 */
public final class Engine implements AutoCloseable {
  private final EngineOptions options;
  private final FileChannel lock;
  private final Registries registries;
  private final ContainerWalls walls;
  private final MachineWalls machines;
  private final Site site;
  private final HostInfo host;
  private final List<String> repairs;

  private Engine(
      EngineOptions options,
      FileChannel lock,
      Registries registries,
      ContainerWalls walls,
      MachineWalls machines,
      Site site,
      HostInfo host,
      List<String> repairs) {
    this.options = options;
    this.lock = lock;
    this.registries = registries;
    this.walls = walls;
    this.machines = machines;
    this.site = site;
    this.host = host;
    this.repairs = repairs;
  }

  /**
   * Opens an engine.
   *
   * @throws EngineException CONFLICT if another engine holds the root, PERMISSION if this process
   *     is not root
   */
  public static Engine open(EngineOptions options) throws IOException {
    requireRoot();
    Folders folders =
        new Folders(
            options.root().toAbsolutePath().normalize(),
            options.run().toAbsolutePath().normalize());
    try (Opening opening = new Opening()) {
      privateFolder(folders.root());
      privateFolder(folders.run());
      Files.createDirectories(folders.instances());
      Files.createDirectories(folders.volumes());
      FileChannel lock = opening.add(lock(folders));
      Registries registries = opening.add(RegistryClient.of(options.registries()));
      Images images = opening.add(Images.open(folders.images(), registries));
      ShimBinary shims = opening.add(ShimBinary.load());
      EventLog events = opening.add(EventLog.open(folders.events()));
      LogWatch logWatch = opening.add(new LogWatch());
      List<String> repairs = new ArrayList<>();
      Catalog catalog = new Catalog();
      BridgeNetworks networks = opening.add(BridgeNetworks.open(folders, catalog::nameOf, repairs));
      NameService names =
          opening.add(
              new NameService(Resolver.open(InstanceEtc.HOSTS_RESOLV_CONF), networks, catalog));
      ContainerWalls walls = opening.add(ContainerWalls.open(folders, images, shims));
      Volumes volumes = new Volumes(folders, events, catalog);
      IdRanges ids = new IdRanges();
      MachineWalls machines =
          opening.add(new MachineWalls(folders, images, walls.cgroups(), shims, ids, networks));
      Site site =
          new Site(
              folders,
              images,
              shims,
              new ChosenWalls(walls.cgroups(), walls, machines),
              events,
              logWatch,
              ids,
              networks,
              names,
              catalog,
              volumes,
              opening.add(new Deletions()),
              opening.add(new LateSync()),
              new AtomicBoolean());
      Recovery recovery = new Recovery(site);
      repairs.addAll(recovery.reconcile());
      Engine engine =
          new Engine(
              options,
              lock,
              registries,
              walls,
              machines,
              site,
              HostInfoReader.read(walls.cgroups()),
              List.copyOf(repairs));
      opening.complete();
      recovery.resume();
      return engine;
    }
  }

  /** What has been opened so far, to be closed again when the rest fails. */
  private static final class Opening implements AutoCloseable {
    private final List<AutoCloseable> opened = new ArrayList<>();

    <T extends AutoCloseable> T add(T part) {
      opened.addFirst(part);
      return part;
    }

    void complete() {
      opened.clear();
    }

    @Override
    public void close() throws IOException {
      closeAll(opened);
    }
  }

  private static void closeAll(List<? extends AutoCloseable> parts) throws IOException {
    IOException failure = null;
    for (AutoCloseable part : parts) {
      try {
        part.close();
      } catch (Exception e) {
        if (failure == null) {
          failure = new IOException("cannot close a part of the engine: " + e.getMessage(), e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static void requireRoot() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("Uid:") && !line.split("\\s+", -1)[2].equals("0")) {
        throw new EngineException(
            EngineException.Kind.PERMISSION,
            "an engine needs to be root, to make namespaces, mounts and control groups; this"
                + " process is user "
                + line.split("\\s+", -1)[2]
                + "; use sudo");
      }
    }
  }

  /** Layers are stored with their own ids, set-user-ID programs included: nobody else may look. */
  private static void privateFolder(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
  }

  private static FileChannel lock(Folders folders) throws IOException {
    FileChannel channel =
        FileChannel.open(folders.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw locked(folders);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    throw locked(folders);
  }

  private static EngineException locked(Folders folders) {
    return new EngineException(
        EngineException.Kind.CONFLICT,
        "another engine works in "
            + folders.root()
            + "; talk to that one, stop it, or choose another root folder");
  }

  public EngineOptions options() {
    return options;
  }

  public Images images() {
    return site.images();
  }

  /** Whether an instance was made from that image, which then must stay. */
  public boolean isImageInUse(Digest imageId) {
    return site.catalog().all().stream()
        .anyMatch(instance -> instance.now().record().imageId().equals(imageId));
  }

  /**
   * Makes the record of an instance. Nothing is started.
   *
   * @throws EngineException NOT_FOUND for the image, CONFLICT for a name in use, INVALID_ARGUMENT
   *     and UNSUPPORTED for what cannot be
   */
  public Instance create(InstanceSpec spec) throws IOException {
    return new Creation(site).create(spec);
  }

  /**
   * What makes the walls of an instance: told from the plan that its start executes and, when it
   * runs, from what the kernel shows of it.
   *
   * @throws EngineException NOT_FOUND, or CONFLICT when it ends meanwhile
   */
  public Explanation explain(String nameOrId) throws IOException {
    return new Explaining(site).instance(site.catalog().require(nameOrId));
  }

  /** What would make the walls of an instance that were created so; nothing is created. */
  public Explanation explain(InstanceSpec spec) throws IOException {
    return new Explaining(site).draft(spec);
  }

  /**
   * Why an instance ended or did not start, from all that is known of it.
   *
   * @throws EngineException NOT_FOUND
   */
  public Diagnosis diagnose(String nameOrId) throws IOException {
    return new Explaining(site).end(site.catalog().require(nameOrId));
  }

  /** All instances, newest first. */
  public List<Instance> instances() {
    return site.catalog().all().stream()
        .sorted(
            Comparator.comparing((LiveInstance instance) -> instance.now().record().created())
                .reversed())
        .map(Instance.class::cast)
        .toList();
  }

  /**
   * The instance of that name, ID or unambiguous ID prefix.
   *
   * @throws EngineException NOT_FOUND with Docker's "No such container: X"
   */
  public Instance instance(String nameOrId) {
    return site.catalog().require(nameOrId);
  }

  /**
   * An exec session by its ID.
   *
   * @throws EngineException NOT_FOUND, as Docker says it
   */
  public Exec exec(String id) {
    for (LiveInstance instance : site.catalog().all()) {
      Optional<ExecSession> session = instance.execs.find(id);
      if (session.isPresent()) {
        return session.get();
      }
    }
    throw new EngineException(EngineException.Kind.NOT_FOUND, "No such exec instance: " + id);
  }

  /** What is known of an exec session, ended ones included for a while. */
  public ExecInfo execInfo(String id) {
    return exec(id).info();
  }

  /**
   * Events from {@code since} on (kept for a while), up to {@code until}; without {@code until} it
   * goes on with what comes.
   */
  public EventStream events(Optional<Instant> since, Optional<Instant> until) {
    EventLog.Reader reader = site.events().read(since, until);
    return new EventStream() {
      @Override
      public Optional<Event> next() throws InterruptedException {
        return reader.next();
      }

      @Override
      public void close() {
        reader.close();
      }
    };
  }

  /** What instances are connected by. */
  public Networks networks() {
    return new Networks(site);
  }

  /** Files that outlive instances. */
  public Volumes volumes() {
    return site.volumes();
  }

  /**
   * Makes known what happened outside of instances, such as {@code image} {@code pull}.
   *
   * @param type {@code image}, {@code volume}, {@code network}, {@code daemon}
   */
  public void publish(String type, String action, String actorId, Map<String, String> attributes) {
    site.events().publish(type, action, actorId, attributes);
  }

  /** Removes every instance that does not run; returns their IDs. */
  public List<String> pruneInstances(Optional<Instant> createdBefore)
      throws IOException, InterruptedException {
    List<String> removed = new ArrayList<>();
    for (LiveInstance instance : site.catalog().all()) {
      boolean old =
          createdBefore.isEmpty()
              || instance.now().record().created().isBefore(createdBefore.get());
      if (!old || instance.isAlive() || instance.now().status() == InstanceStatus.REMOVING) {
        continue;
      }
      try {
        instance.remove(false, false);
        removed.add(instance.id());
      } catch (EngineException e) {
        // Somebody was faster: started it, or removed it.
        if (e.kind() != EngineException.Kind.CONFLICT
            && e.kind() != EngineException.Kind.NOT_FOUND) {
          throw e;
        }
      }
    }
    return removed;
  }

  /** What opening repaired, a sentence each. */
  public List<String> repairs() {
    return repairs;
  }

  /** What this host and this engine can do. */
  public HostInfo host() {
    return host.withWarnings(site.deletions().failures());
  }

  /** As {@link #warm(String, Limits, int)}, for instances in one network. */
  public boolean warm(String image, Limits limits) throws IOException {
    return warm(image, limits, 1);
  }

  /**
   * Boots and saves a virtual machine of the shape that instances of {@code image} with these
   * limits have, so that those start from it; nothing to do when that was done before.
   *
   * @param networks how many the instances are in when they start
   * @return whether it was done just now
   * @throws EngineException NOT_FOUND for the image, INVALID_ARGUMENT for more networks than a
   *     machine can be in, UNSUPPORTED without a hypervisor
   */
  public boolean warm(String image, Limits limits, int networks) throws IOException {
    return machines.warm(
        limits, Math.max(1, new Creation(site).image(image).config().layers().size()), networks);
  }

  /** The virtual machines that were saved for others to start from. */
  public List<MachineTemplate> templates() throws IOException {
    return machines.templates();
  }

  /** Removes the saved virtual machines; returns how many bytes that freed. */
  public long pruneTemplates() throws IOException {
    return machines.pruneTemplates();
  }

  /** What saves the processes of containers here, in words; it is tried when that is asked for. */
  public String criu() {
    return walls.criu();
  }

  /** What runs virtual machines here, in words; it is looked for when the first one starts. */
  public String hypervisor() {
    return machines
        .hypervisor()
        .map(Hypervisor::toString)
        .orElse("not looked for before the first start");
  }

  /** Lets go of everything. Workloads go on, and the next engine finds them. */
  @Override
  public void close() throws IOException {
    if (site.closing().getAndSet(true)) {
      return;
    }
    for (LiveInstance instance : site.catalog().all()) {
      instance.letGo();
    }
    closeAll(
        List.of(
            site.deletions(),
            site.lateSync(),
            site.names(),
            site.networks(),
            site.logWatch(),
            site.events(),
            machines,
            site.shims(),
            walls,
            site.images(),
            registries,
            lock));
  }
}
