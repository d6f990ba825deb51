package dev.abode.engine;

import dev.abode.engine.bridge.NetworkRun;
import dev.abode.engine.container.ContainerPlan;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.Sharing;
import dev.abode.engine.launch.Birth;
import dev.abode.engine.launch.Workload;
import dev.abode.engine.network.Port;
import dev.abode.engine.network.PortBinding;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.RunFolderOf;
import dev.abode.engine.record.RunRecord;
import dev.abode.engine.record.TreeDeletion;
import dev.abode.image.ImageException;
import dev.abode.image.Platform;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Shim;
import dev.abode.init.ShimEvent;
import dev.abode.linux.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The start of an instance, from its record to a running workload. Nothing but the instance's own
 * lock is held, so starts of different instances do not wait for each other.
 */
final class Launching {
  private static final Logger LOGGER = LoggerFactory.getLogger(Launching.class);

  private final LiveInstance instance;
  private final Site site;
  private final InstanceRecord record;
  private final InstanceFolder folder;
  private final RunFolderOf runFolder;
  private OptionalLong firstId = OptionalLong.empty();

  private Launching(LiveInstance instance) {
    this.instance = instance;
    this.site = instance.site;
    this.record = instance.now().record();
    this.folder = instance.folder();
    this.runFolder = instance.runFolder();
  }

  /**
   * Starts an instance that does not run. When it fails, nothing of the run is left, and the
   * instance's record says why.
   */
  static void launch(LiveInstance instance) throws IOException {
    new Launching(instance).launch();
  }

  private void launch() throws IOException {
    try {
      Run run = begin();
      instance.began(run);
      site.volumes().publish("mount", instance);
      NetworkAnnouncements.publish(instance, "connect", site.networks().run(record.id()));
      instance.publish("start");
      Thread.ofVirtual().name("watch-" + record.name()).start(() -> Ending.watch(instance, run));
      instance.health().begin(run);
    } catch (IOException | RuntimeException e) {
      undo(e);
      instance.change(
          life ->
              Life.with(life)
                  .status(
                      life.startedAt().isPresent() ? InstanceStatus.EXITED : InstanceStatus.CREATED)
                  .exitCode(exitCodeOf(e))
                  .error(String.valueOf(e.getMessage()))
                  .build());
      instance.startFailed();
      throw e;
    }
  }

  /** Docker's exit codes for a workload that never was one. */
  private static int exitCodeOf(Exception failure) {
    if (failure instanceof EngineException known) {
      return switch (known.kind()) {
        case COMMAND_NOT_FOUND -> 127;
        case COMMAND_NOT_EXECUTABLE -> 126;
        case NOT_FOUND,
            CONFLICT,
            INVALID_ARGUMENT,
            PERMISSION,
            UNAVAILABLE,
            EXHAUSTED,
            UNSUPPORTED,
            INTERNAL ->
            128;
      };
    }
    return 128;
  }

  private Run begin() throws IOException {
    refuseOtherPlatform();
    List<Path> layers = layers();
    Map<String, Workload> others = others(site, record.spec());
    prepareFolders();
    site.volumes().hold(record.mounts(), record.id());
    if (ContainerPlan.ownsUsers(record.spec())) {
      firstId = OptionalLong.of(site.ids().take());
    }
    new RunRecord(RunRecord.FORMAT, record.id(), firstId.orElse(0)).write(runFolder.run());
    NetworkRun network =
        site.networks()
            .lease(
                record.id(),
                record.endpoints(),
                site.walls().interfaces(record, folder),
                bindings(),
                runFolder.network());
    LaunchPlan plan =
        site.walls().raise(new Birth(record, folder, runFolder, layers, firstId, network, others));
    Shim shim = site.shims().spawn(plan, runFolder.socket());
    try {
      instance.audience().connectBeforeStart();
      shim.start();
      Run run = await(shim, plan);
      site.walls().begun(record);
      return run;
    } catch (IOException | RuntimeException e) {
      try {
        shim.close();
      } catch (IOException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  private Run await(Shim shim, LaunchPlan plan) throws IOException {
    while (true) {
      switch (shim.next()) {
        case ShimEvent.Started started -> {
          Workload workload = new Workload(started.pid(), started.startTicks(), firstId);
          return new Run(instance.state().nextRun(), workload, shim, Instant.now());
        }
        case ShimEvent.Failed failed -> throw site.walls().explain(record, plan, failed);
        case ShimEvent.Gone gone ->
            throw new EngineException(
                EngineException.Kind.INTERNAL,
                "cannot start "
                    + record.name()
                    + ": its supervisor ended without a word; see "
                    + runFolder.path().resolve("shim.log"));
        case ShimEvent.Created created -> {
          connect(created.pid(), shim, plan);
          tell(shim::proceed);
        }
        case ShimEvent.Exited exited ->
            throw new EngineException(
                EngineException.Kind.INTERNAL,
                "cannot start " + record.name() + ": it ended before it began");
        case ShimEvent.Waiting waiting -> {}
        case ShimEvent.Booting booting -> {}
        case ShimEvent.Ready ready -> {}
        case ShimEvent.Answer answer -> {}
        case ShimEvent.Output output -> {}
      }
    }
  }

  /** Makes the interfaces, and serves names, in the network namespace of a launch that goes on. */
  private void connect(int pid, Shim shim, LaunchPlan plan) throws IOException {
    try {
      switch (record.spec().isolation()) {
        case CONTAINER -> site.networks().attach(record.id(), pid);
        case VM -> site.networks().attachMachine(record.id(), pid, firstId.orElseThrow());
      }
      site.names().serve(record, pid);
    } catch (IOException | RuntimeException e) {
      // A launch that fails meanwhile takes its namespace along; then that failure is the cause.
      tell(shim::abandon);
      for (ShimEvent event = shim.next(); !(event instanceof ShimEvent.Gone); event = shim.next()) {
        if (event instanceof ShimEvent.Failed failed && failed.errno() != Errno.ECANCELED) {
          EngineException cause = site.walls().explain(record, plan, failed);
          cause.addSuppressed(e);
          throw cause;
        }
      }
      throw e;
    }
  }

  private interface Word {
    void say() throws IOException;
  }

  /** Says something to a shim that may have failed and left; what it said is still to be read. */
  private static void tell(Word word) {
    try {
      word.say();
    } catch (IOException e) {
      LOGGER.debug("a launch was over before it heard how to go on", e);
    }
  }

  /** The ports to be published: those asked for, and all that are exposed where that is wanted. */
  private List<PortBinding> bindings() {
    List<PortBinding> bindings = new ArrayList<>(record.spec().ports());
    if (record.spec().publishAll()) {
      Set<Port> asked = new HashSet<>();
      bindings.forEach(binding -> asked.add(binding.port()));
      Set<Port> exposed = new TreeSet<>();
      record.spec().exposedPorts().forEach(port -> exposed.addAll(Port.parseRange(port)));
      site.images()
          .require(record.imageId().toString())
          .config()
          .exposedPorts()
          .forEach(port -> exposed.addAll(Port.parseRange(port)));
      exposed.removeAll(asked);
      exposed.forEach(port -> bindings.add(PortBinding.anywhere(port)));
    }
    return bindings;
  }

  private void refuseOtherPlatform() {
    Platform host = Platform.host();
    if (!record.platform().runsOn(host)) {
      throw new EngineException(
          EngineException.Kind.UNSUPPORTED,
          "cannot start "
              + record.name()
              + ": its image "
              + record.spec().image()
              + " is made for "
              + record.platform()
              + ", and this machine is "
              + host
              + "; pull or build the image for "
              + host);
    }
  }

  private List<Path> layers() throws IOException {
    try {
      return instance.layers(record);
    } catch (ImageException e) {
      throw new EngineException(
          EngineException.Kind.NOT_FOUND,
          "cannot start "
              + record.name()
              + ": its image "
              + record.spec().image()
              + " ("
              + record.imageId()
              + ") cannot be used: "
              + e.getMessage(),
          e);
    }
  }

  /** The running workloads whose namespaces this one shares, by the name they are called. */
  static Map<String, Workload> others(Site site, InstanceSpec spec) {
    Map<String, Workload> others = new HashMap<>();
    for (Sharing.With with :
        List.of(
            spec.sharing().pid(),
            spec.sharing().ipc(),
            spec.sharing().uts(),
            spec.sharing().user(),
            spec.sharing().cgroup())) {
      switch (with) {
        case Sharing.With.Instance other -> add(site, others, other.nameOrId());
        case Sharing.With.Nobody nobody -> {}
        case Sharing.With.Host host -> {}
      }
    }
    switch (spec.network()) {
      case NetworkMode.Instance other -> add(site, others, other.nameOrId());
      case NetworkMode.None none -> {}
      case NetworkMode.Host host -> {}
      case NetworkMode.Unspecified unspecified -> {}
      case NetworkMode.Bridged bridged -> {}
    }
    return others;
  }

  private static void add(Site site, Map<String, Workload> others, String nameOrId) {
    others.put(nameOrId, site.catalog().require(nameOrId).requireRun().workload());
  }

  private void prepareFolders() throws IOException {
    Files.createDirectories(folder.upper());
    Files.createDirectories(folder.work());
    Files.createDirectories(folder.etc());
    borrowEtc();
    Files.createDirectories(folder.logs());
    if (Files.exists(runFolder.path(), LinkOption.NOFOLLOW_LINKS)) {
      TreeDeletion.delete(runFolder.path());
    }
    Files.createDirectories(runFolder.path());
  }

  /** Who is in another one's network goes by its names, as in Docker. */
  private void borrowEtc() throws IOException {
    if (record.spec().network() instanceof NetworkMode.Instance other) {
      Path etc = site.catalog().require(other.nameOrId()).folder().etc();
      for (String name : List.of("hosts", "resolv.conf")) {
        Files.copy(
            etc.resolve(name), folder.etc().resolve(name), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  /** Takes away what the start has made so far. */
  private void undo(Exception failure) {
    try {
      site.names().end(record.id());
      site.walls().takeDown(record.id());
      site.volumes().letGo(record.mounts(), record.id());
      site.networks().release(record.id());
      TreeDeletion.delete(runFolder.path());
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    }
    firstId.ifPresent(site.ids()::release);
  }
}
