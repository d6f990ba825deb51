package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.launch.Workload;
import dev.abode.engine.record.ExecRecord;
import dev.abode.engine.record.Folders;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.LifeRecord;
import dev.abode.engine.record.RunFolderOf;
import dev.abode.engine.record.RunRecord;
import dev.abode.engine.record.TreeDeletion;
import dev.abode.init.ExitRecord;
import dev.abode.init.Shim;
import dev.abode.init.ShimEvent;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what the disk says and what the kernel shows together, when an engine opens: workloads
 * that went on are adopted, ends that nobody saw are noted, and what the last engine left half-made
 * is finished if it was a removal, and taken away otherwise.
 */
final class Recovery {
  private static final Logger LOGGER = LoggerFactory.getLogger(Recovery.class);

  private final Site site;
  private final List<String> repairs = Collections.synchronizedList(new ArrayList<>());
  private final Set<LiveInstance> wasRunning = Collections.synchronizedSet(new HashSet<>());

  Recovery(Site site) {
    this.site = site;
  }

  /** Reconciles; returns a sentence for each thing that was not as it should be. */
  List<String> reconcile() throws IOException {
    loadInstances();
    site.catalog().all().stream()
        .map(
            instance ->
                Thread.ofVirtual()
                    .name("adopt-" + instance.id().substring(0, 12))
                    .start(() -> reconcile(instance)))
        .toList()
        .forEach(Recovery::join);
    sweepRunFolders();
    sweepKernel();
    site.volumes().recover().forEach(this::repaired);
    site.networks().reconcile().forEach(this::repaired);
    return List.copyOf(repairs);
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void repaired(String sentence) {
    LOGGER.info("{}", sentence);
    repairs.add(sentence);
  }

  // ---- the disk

  private void loadInstances() throws IOException {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(site.folders().instances())) {
      for (Path folder : folders) {
        String name = folder.getFileName().toString();
        if (name.endsWith(Folders.REMOVING)) {
          finishRemoval(folder);
        } else if (name.matches("[0-9a-f]{64}")) {
          load(new InstanceFolder(folder), name);
        }
      }
    }
  }

  private void finishRemoval(Path folder) {
    try {
      TreeDeletion.delete(folder);
      repaired("finished the removal of " + folder.getFileName());
    } catch (IOException e) {
      site.deletions().failed(e);
    }
  }

  private void load(InstanceFolder folder, String id) {
    try {
      Snapshots.sweep(folder);
      InstanceRecord record = folder.readDefinition();
      add(record, life(folder, record));
    } catch (NoSuchFileException e) {
      dropUnfinished(folder, id);
    } catch (IOException | IllegalArgumentException e) {
      String why = "its record " + folder.definition() + " cannot be read: " + e.getMessage();
      add(
          InstanceRecord.unreadable(id),
          Life.with(LifeRecord.CREATED)
              .status(InstanceStatus.DEAD)
              .error(why + "; repair the file and start the engine again, or remove the instance")
              .build());
      repaired("instance " + id.substring(0, 12) + " is dead: " + why);
    }
  }

  private void add(InstanceRecord record, LifeRecord life) {
    if (!site.catalog().reserve(record.name(), record.id())) {
      repaired(
          "instance "
              + record.id().substring(0, 12)
              + " had the name "
              + record.name()
              + " of another one, and is named by its ID now");
      add(record.withName(record.id().substring(0, 12)), life);
      return;
    }
    site.catalog().add(new LiveInstance(site, record, life));
  }

  private LifeRecord life(InstanceFolder folder, InstanceRecord record) {
    try {
      return folder.readLife();
    } catch (IOException | IllegalArgumentException e) {
      repaired(
          "it is not known how instance "
              + record.name()
              + " ended, since "
              + folder.life()
              + " cannot be read: "
              + e.getMessage());
      return Life.with(LifeRecord.CREATED)
          .status(InstanceStatus.EXITED)
          .exitCode(Ending.UNKNOWN_EXIT)
          .build();
    }
  }

  private void dropUnfinished(InstanceFolder folder, String id) {
    try {
      new VolumeFilling(site.volumes(), folder).undo();
      TreeDeletion.delete(folder.path());
      repaired("took away instance " + id.substring(0, 12) + ", whose creation was not finished");
    } catch (IOException e) {
      repaired("cannot take away the unfinished " + folder.path() + ": " + e.getMessage());
    }
  }

  // ---- the kernel

  private void reconcile(LiveInstance instance) {
    try {
      LifeRecord life = instance.now().life();
      boolean expected =
          switch (life.status()) {
            case RUNNING, PAUSED, RESTARTING -> true;
            case CREATED, EXITED, REMOVING, DEAD -> false;
          };
      if (expected) {
        wasRunning.add(instance);
      }
      RunFolderOf folder = instance.runFolder();
      if (Files.exists(folder.path())) {
        reconcileRun(instance, folder, expected);
      } else if (life.status() == InstanceStatus.RUNNING
          || life.status() == InstanceStatus.PAUSED) {
        noteEnd(instance, Optional.empty(), "the machine was started anew while it ran");
        repaired(instance + " ended with the machine");
      } else if (life.status() == InstanceStatus.RESTARTING) {
        instance.change(l -> Life.with(l).status(InstanceStatus.EXITED).build());
      }
    } catch (IOException | RuntimeException e) {
      LOGGER.warn("{} could not be reconciled", instance, e);
      repaired(instance + " could not be reconciled with what the kernel shows: " + e.getMessage());
    }
  }

  private void reconcileRun(LiveInstance instance, RunFolderOf folder, boolean expected)
      throws IOException {
    long firstId = readFirstId(folder);
    site.ids().adopt(firstId);
    boolean adopted = false;
    try (ShimAdoption adoption = new ShimAdoption(folder)) {
      Optional<ShimEvent> found = adoption.settled();
      if (found.isPresent() && found.get() instanceof ShimEvent.Started started) {
        adopt(instance, adoption.keep(), started, firstId);
        adopted = true;
      } else if (found.isPresent() && found.get() instanceof ShimEvent.Exited exited) {
        noteUnseenEnd(instance, Optional.of(exited.record()), expected);
      } else {
        noteUnseenEnd(instance, readExit(folder), expected);
      }
    }
    if (!adopted) {
      site.walls().takeDown(instance.id());
      TreeDeletion.delete(folder.path());
      site.ids().release(firstId);
    }
  }

  private static long readFirstId(RunFolderOf folder) {
    try {
      return RunRecord.read(folder.run()).firstId();
    } catch (IOException | IllegalArgumentException e) {
      // Nothing was spawned before this was written.
      LOGGER.debug("no record of a run in {}", folder.path(), e);
      return 0;
    }
  }

  private static Optional<ExitRecord> readExit(RunFolderOf folder) throws IOException {
    try {
      return Optional.of(ExitRecord.parse(Files.readString(folder.exit())));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      LOGGER.warn("the exit record {} is damaged", folder.exit(), e);
      return Optional.empty();
    }
  }

  private void adopt(LiveInstance instance, Shim shim, ShimEvent.Started started, long firstId)
      throws IOException {
    LifeRecord life = instance.now().life();
    boolean known =
        life.status() == InstanceStatus.RUNNING || life.status() == InstanceStatus.PAUSED;
    Instant startedAt = known ? life.startedAt().orElseGet(Instant::now) : Instant.now();
    Workload workload =
        new Workload(
            started.pid(),
            started.startTicks(),
            firstId == 0 ? OptionalLong.empty() : OptionalLong.of(firstId));
    site.networks().adopt(instance.id(), instance.runFolder().network()).forEach(this::repaired);
    Run run = new Run(instance.state().nextRun(), workload, shim, startedAt);
    site.volumes().adopt(instance.now().record().mounts(), instance.id());
    instance.began(run);
    if (!site.walls().isFrozen(instance.id())) {
      // On a thread of its own: a machine need not answer.
      Thread.ofVirtual()
          .name("settle-" + instance.now().record().name())
          .start(() -> settle(instance, workload));
    }
    serveNames(instance, started.pid());
    if (!known) {
      instance.publish("start");
    }
    if (site.walls().isFrozen(instance.id())) {
      instance.change(l -> Life.with(l).status(InstanceStatus.PAUSED).build());
    }
    adoptExecs(instance);
    Thread.ofVirtual()
        .name("watch-" + instance.now().record().name())
        .start(() -> Ending.watch(instance, run));
    instance.health().begin(run);
    repaired("adopted " + instance + ", which went on running");
  }

  /** Finishes a start or a snapshot that its engine had not finished when it died. */
  private void settle(LiveInstance instance, Workload workload) {
    try {
      site.walls().adopted(instance.now().record(), workload);
    } catch (IOException e) {
      LOGGER.warn("{} may stand still, and can be started anew", instance, e);
    }
  }

  /** Finishes a change of networks that its engine had not finished when it died. */
  private static void part(LiveInstance instance, Workload workload) {
    try {
      instance.atOnce(() -> Connecting.settle(instance, workload));
    } catch (IOException | EngineException e) {
      LOGGER.warn("{} may be in networks that it does not show", instance, e);
    }
  }

  private void serveNames(LiveInstance instance, int pid) {
    try {
      site.names().serve(instance.now().record(), pid);
    } catch (IOException e) {
      repaired(instance + " has no name service: " + e.getMessage() + "; start it anew");
    }
  }

  private void adoptExecs(LiveInstance instance) throws IOException {
    Path execs = instance.runFolder().execs();
    if (!Files.isDirectory(execs)) {
      return;
    }
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(execs)) {
      for (Path folder : folders) {
        adoptExec(instance, new RunFolderOf(folder));
      }
    }
  }

  private void adoptExec(LiveInstance instance, RunFolderOf folder) throws IOException {
    try (ShimAdoption adoption = new ShimAdoption(folder)) {
      Optional<ShimEvent> found = adoption.settled();
      if (found.isPresent()
          && found.get() instanceof ShimEvent.Started started
          && Files.exists(folder.execRecord())) {
        ExecRecord record = ExecRecord.read(folder.execRecord());
        ExecSession session = new ExecSession(instance, record.id(), record.spec(), true);
        instance.execs.adopt(session);
        session.adopt(adoption.keep(), started.pid());
        return;
      }
    } catch (IllegalArgumentException e) {
      LOGGER.debug("the exec session in {} cannot be read", folder.path(), e);
    }
    TreeDeletion.delete(folder.path());
  }

  /** An end that happened while there was no engine. */
  private void noteUnseenEnd(LiveInstance instance, Optional<ExitRecord> exit, boolean expected)
      throws IOException {
    LifeRecord life = instance.now().life();
    boolean running =
        life.status() == InstanceStatus.RUNNING || life.status() == InstanceStatus.PAUSED;
    boolean noted = exit.isPresent() && life.finishedAt().equals(exit.map(ExitRecord::finished));
    if (noted || (!running && exit.isEmpty())) {
      // A start that had not come to a workload, or an end that was noted but not tidied up.
      if (expected) {
        instance.change(l -> Life.with(l).status(InstanceStatus.EXITED).build());
      }
      repaired("took away what an interrupted start or end of " + instance + " had left");
      return;
    }
    wasRunning.add(instance);
    noteEnd(instance, exit, "its supervisor ended without an exit record, perhaps killed");
    repaired(instance + " ended while no engine ran");
  }

  private static void noteEnd(LiveInstance instance, Optional<ExitRecord> exit, String otherwise) {
    instance.change(
        life ->
            Life.with(life)
                .status(InstanceStatus.EXITED)
                .exitCode(exit.map(ExitRecord::shellStatus).orElse(Ending.UNKNOWN_EXIT))
                .oomKilled(exit.map(r -> r.oomKills() > 0).orElse(false))
                .error(exit.isPresent() ? "" : otherwise)
                .startedAt(exit.map(ExitRecord::started).or(life::startedAt))
                .finishedAt(Optional.of(exit.map(ExitRecord::finished).orElseGet(Instant::now)))
                .build());
    instance.publishDeath();
  }

  private void sweepRunFolders() throws IOException {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(site.folders().run())) {
      for (Path folder : folders) {
        String name = folder.getFileName().toString();
        if (name.matches("[0-9a-f]{16}") && !isOfInstance(name)) {
          RunFolderOf run = new RunFolderOf(folder);
          takeDownStray(run);
          TreeDeletion.delete(folder);
          repaired("took away the run folder " + name + " of an instance that is gone");
        } else if (name.endsWith(Folders.REMOVING)) {
          TreeDeletion.delete(folder);
        }
      }
    }
  }

  private boolean isOfInstance(String prefix) {
    return site.catalog().all().stream().anyMatch(i -> i.id().startsWith(prefix));
  }

  private void takeDownStray(RunFolderOf run) throws IOException {
    try {
      site.walls().takeDown(RunRecord.read(run.run()).id());
    } catch (NoSuchFileException | IllegalArgumentException e) {
      LOGGER.debug("no record of a run in {}", run.path(), e);
    }
  }

  /** Another engine on this host has walls standing too, so only our own instances' count. */
  private void sweepKernel() throws IOException {
    for (String id : site.walls().standing()) {
      Optional<LiveInstance> ours = site.catalog().byId(id);
      if (ours.isPresent() && ours.get().now().run().isEmpty()) {
        site.walls().takeDown(id);
        repaired("took down the walls of " + ours.get() + ", behind which nobody should be");
      }
    }
  }

  // ---- afterwards

  /**
   * Starts and removes what restart policies and {@code --rm} ask for, each on a thread of its own;
   * the engine is open by then.
   */
  void resume() {
    for (LiveInstance instance : site.catalog().all()) {
      Optional<Run> run = instance.now().run();
      if (run.isPresent()) {
        Thread.ofVirtual()
            .name("part-" + instance.now().record().name())
            .start(() -> part(instance, run.get().workload()));
      }
      if (run.isPresent() || instance.now().status() == InstanceStatus.DEAD) {
        continue;
      }
      LifeRecord life = instance.now().life();
      InstanceRecord record = instance.now().record();
      boolean wanted =
          life.status() == InstanceStatus.EXITED
              && RestartBackOff.wantedAtOpening(
                  record.spec().restart(),
                  life.exitCode(),
                  life.restartCount(),
                  life.stoppedByUser(),
                  wasRunning.contains(instance));
      if (wanted) {
        instance.change(l -> Life.with(l).status(InstanceStatus.RESTARTING).build());
      }
      if (wanted || (record.spec().autoRemove() && life.status() == InstanceStatus.EXITED)) {
        Thread.ofVirtual().name("resume-" + record.name()).start(() -> Ending.follow(instance));
      }
    }
  }
}
