package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Change;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.FileStat;
import dev.abode.engine.instance.InstanceInfo;
import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.LogLine;
import dev.abode.engine.instance.LogQuery;
import dev.abode.engine.instance.ProcessTable;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.instance.Stats;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.launch.Whereabouts;
import dev.abode.engine.launch.Workload;
import dev.abode.engine.log.LogReader;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.LifeRecord;
import dev.abode.engine.record.RunFolderOf;
import dev.abode.image.Image;
import dev.abode.image.Progress;
import dev.abode.image.Reference;
import dev.abode.init.Shim;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An instance of this engine.
 *
 * <p><b>Locks.</b> {@link #operation} is held by whoever changes the instance, for as long as that
 * takes. {@link #state} is held for moments, to replace {@link #now} and to tell those who wait for
 * that; it is taken after {@link #operation}, never before. Questions read {@link #now} and take
 * neither. The end of a run takes only {@link #state}, so that a stop can wait for it.
 */
final class LiveInstance implements Instance {
  private static final Logger LOGGER = LoggerFactory.getLogger(LiveInstance.class);

  final Site site;
  final ReentrantLock operation = new ReentrantLock();
  final ExecTable execs;
  private final String id;
  private final ReentrantLock state = new ReentrantLock();
  private final Condition changed = state.newCondition();
  private final List<ShimAttachment> waiting = new ArrayList<>();
  private final HealthMonitor health;
  private final Looking looking;
  private volatile Now now;
  private boolean removed;
  private long ends;
  private long runs;
  private RestartBackOff backOff = RestartBackOff.NONE;

  /** Set by whoever ends the present run on purpose, so that no policy starts it again. */
  private volatile boolean endWanted;

  /** All that is so at one moment. */
  record Now(InstanceRecord record, LifeRecord life, Optional<Run> run) {
    InstanceStatus status() {
      return life.status();
    }
  }

  LiveInstance(Site site, InstanceRecord record, LifeRecord life) {
    this.site = site;
    this.id = record.id();
    this.now = new Now(record, life, Optional.empty());
    this.execs = new ExecTable(this);
    this.health = new HealthMonitor(this);
    this.looking = new Looking(this);
  }

  @Override
  public String id() {
    return id;
  }

  Now now() {
    return now;
  }

  InstanceFolder folder() {
    return site.folders().instance(id);
  }

  RunFolderOf runFolder() {
    return site.folders().runOf(id);
  }

  HealthMonitor health() {
    return health;
  }

  // ---- what is so

  @Override
  public InstanceInfo info() {
    Now seen = now;
    InstanceRecord record = seen.record();
    return new InstanceInfo(
        id,
        record.name(),
        record.created(),
        record.spec(),
        record.imageId(),
        record.platform(),
        record.arguments(),
        record.environment(),
        record.workingDirectory(),
        record.user(),
        stateOf(seen),
        execs.ids(),
        record.spec().log().kept() ? Optional.of(folder().log()) : Optional.empty(),
        folder().path(),
        record.mounts(),
        record.warnings());
  }

  private InstanceState stateOf(Now seen) {
    LifeRecord life = seen.life();
    return new InstanceState(
        life.status(),
        seen.run().map(run -> run.workload().pid()).orElse(0),
        life.exitCode(),
        life.oomKilled(),
        life.error(),
        life.startedAt(),
        life.finishedAt(),
        life.restartCount(),
        health.state());
  }

  /** Where its files and processes are. */
  Whereabouts whereabouts() throws IOException {
    Now seen = now;
    return new Whereabouts(
        seen.record(), folder(), runFolder(), layers(seen.record()), seen.run().map(Run::workload));
  }

  List<Path> layers(InstanceRecord record) throws IOException {
    Image image = site.images().require(record.imageId().toString());
    return site.images().layerFolders(image, Progress.NONE);
  }

  void publish(String action) {
    publish(action, Map.of());
  }

  /** Makes an event of this instance known, with what Docker says of the actor. */
  void publish(String action, Map<String, String> more) {
    InstanceRecord record = now.record();
    Map<String, String> attributes = new HashMap<>(record.spec().labels());
    attributes.put("image", record.spec().image());
    attributes.put("name", record.name());
    attributes.putAll(more);
    site.events().publish("container", action, id, attributes);
  }

  /** Makes the end of its last run known. */
  void publishDeath() {
    LifeRecord life = now.life();
    if (life.oomKilled()) {
      publish("oom");
    }
    Duration lasted =
        life.startedAt().isPresent() && life.finishedAt().isPresent()
            ? Duration.between(life.startedAt().get(), life.finishedAt().get())
            : Duration.ZERO;
    publish(
        "die",
        Map.of(
            "exitCode",
            Integer.toString(life.exitCode()),
            "execDuration",
            Long.toString(Math.max(0, lasted.toSeconds()))));
  }

  // ---- changing what is so

  /** Replaces what is so, on disk as well, and tells those who wait. */
  void change(UnaryOperator<LifeRecord> change, Optional<Run> run) {
    state.lock();
    try {
      LifeRecord next = change.apply(now.life());
      writeLife(next);
      now = new Now(now.record(), next, run);
      changed.signalAll();
    } finally {
      state.unlock();
    }
    if (!isAlive(now.status())) {
      site.logWatch().strike(folder().logs());
    }
  }

  void change(UnaryOperator<LifeRecord> change) {
    change(change, now.run());
  }

  /** Replaces what is so, when there may be no folder any more to write it to. */
  void changeInMemory(UnaryOperator<LifeRecord> change) {
    state.lock();
    try {
      now = new Now(now.record(), change.apply(now.life()), now.run());
      changed.signalAll();
    } finally {
      state.unlock();
    }
  }

  /** Replaces the definition, durably. */
  private void define(InstanceRecord record) throws IOException {
    folder().writeDefinition(record);
    state.lock();
    try {
      now = new Now(record, now.life(), now.run());
    } finally {
      state.unlock();
    }
  }

  /**
   * What happened has happened, written down or not: a full disk must not make the engine forget
   * that a workload ended.
   */
  void writeLife(LifeRecord life) {
    try {
      folder().writeLife(life);
    } catch (IOException e) {
      LOGGER.warn(
          "the state of {} could not be written and is kept in memory only; is the disk full?",
          id,
          e);
    }
  }

  private static boolean isAlive(InstanceStatus status) {
    return switch (status) {
      case RUNNING, PAUSED, RESTARTING -> true;
      case CREATED, REMOVING, EXITED, DEAD -> false;
    };
  }

  boolean isAlive() {
    return isAlive(now.status());
  }

  /** Something that changes the instance, and may take its time. */
  @FunctionalInterface
  interface Operation<T> {
    T perform() throws IOException, InterruptedException;
  }

  /** Performs an operation while no other is. */
  <T> T exclusively(Operation<T> operation) throws IOException, InterruptedException {
    this.operation.lockInterruptibly();
    try {
      refuseRemoved();
      return operation.perform();
    } finally {
      this.operation.unlock();
    }
  }

  /** As {@link #exclusively}, for operations that wait for nothing but the kernel. */
  <T> T atOnce(Operation<T> operation) throws IOException {
    try {
      return exclusively(operation);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EngineException(
          EngineException.Kind.UNAVAILABLE, "interrupted before " + id + " could be changed", e);
    }
  }

  private void refuseRemoved() {
    state.lock();
    try {
      if (removed) {
        throw new EngineException(EngineException.Kind.NOT_FOUND, "No such container: " + id);
      }
    } finally {
      state.unlock();
    }
  }

  EngineException conflict(String message) {
    return new EngineException(EngineException.Kind.CONFLICT, message);
  }

  /** The present run. */
  Run requireRun() {
    return now.run().orElseThrow(() -> conflict("container " + id + " is not running"));
  }

  // ---- life

  @Override
  public boolean start() throws IOException {
    return atOnce(
        () -> {
          switch (now.status()) {
            case RUNNING, RESTARTING -> {
              return false;
            }
            case PAUSED -> throw conflict("cannot start a paused container, try unpause instead");
            case REMOVING, DEAD ->
                throw conflict(
                    "container is marked for removal and cannot be started; remove it again");
            case CREATED, EXITED -> {}
          }
          backOff = RestartBackOff.NONE;
          change(life -> Life.with(life).restartCount(0).stoppedByUser(false).build());
          try {
            Launching.launch(this);
          } catch (IOException | RuntimeException e) {
            if (now.record().spec().autoRemove()) {
              removeAfter(e);
            }
            throw e;
          }
          return true;
        });
  }

  private void removeAfter(Exception failure) {
    try {
      Removal.remove(this, true);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public boolean stop(Optional<Duration> timeout, Optional<String> signal)
      throws IOException, InterruptedException {
    return exclusively(() -> Stopping.stop(this, timeout, signal));
  }

  @Override
  public void restart(Optional<Duration> timeout, Optional<String> signal)
      throws IOException, InterruptedException {
    exclusively(
        () -> {
          Stopping.stop(this, timeout, signal);
          backOff = RestartBackOff.NONE;
          change(life -> Life.with(life).stoppedByUser(false).build());
          Launching.launch(this);
          publish("restart");
          return true;
        });
  }

  @Override
  public void kill(String signal) throws IOException {
    int number = Signals.number(signal.isEmpty() ? "KILL" : signal);
    refuseRemoved();
    // Not an exclusive operation: it must reach an instance that somebody is waiting to stop.
    Run run =
        now.run()
            .orElseThrow(
                () ->
                    conflict(
                        "cannot kill container: " + id + ": container " + id + " is not running"));
    Stopping.kill(this, run, number);
  }

  @Override
  public void pause() throws IOException {
    atOnce(
        () -> {
          switch (now.status()) {
            case RUNNING -> {}
            case PAUSED -> throw conflict("container " + id + " is already paused");
            case RESTARTING ->
                throw conflict("container " + id + " is restarting, wait until it is running");
            case CREATED, EXITED, REMOVING, DEAD ->
                throw conflict("container " + id + " is not running");
          }
          site.walls().freeze(id);
          if (changeIf(InstanceStatus.RUNNING, InstanceStatus.PAUSED)) {
            publish("pause");
          }
          return true;
        });
  }

  @Override
  public void unpause() throws IOException {
    atOnce(
        () -> {
          if (now.status() != InstanceStatus.PAUSED) {
            throw conflict("container " + id + " is not paused");
          }
          thaw();
          return true;
        });
  }

  /** Lets a paused workload go on. */
  void thaw() throws IOException {
    site.walls().thaw(id);
    if (changeIf(InstanceStatus.PAUSED, InstanceStatus.RUNNING)) {
      publish("unpause");
    }
  }

  /** The run may end at any moment, and an ended one must not be made running again. */
  private boolean changeIf(InstanceStatus from, InstanceStatus to) {
    state.lock();
    try {
      if (now.status() != from) {
        return false;
      }
      LifeRecord next = Life.with(now.life()).status(to).build();
      writeLife(next);
      now = new Now(now.record(), next, now.run());
      changed.signalAll();
      return true;
    } finally {
      state.unlock();
    }
  }

  @Override
  public void remove(boolean force, boolean volumes) throws IOException, InterruptedException {
    exclusively(
        () -> {
          switch (now.status()) {
            case CREATED, EXITED, DEAD, REMOVING -> {}
            case RESTARTING -> {
              if (!force) {
                throw conflict(refusal("is restarting: stop the container before removing"));
              }
              Stopping.cancelRestart(this);
            }
            case RUNNING -> {
              if (!force) {
                throw conflict(refusal("is running: stop the container before removing"));
              }
              Stopping.killAndWait(this);
            }
            case PAUSED -> {
              if (!force) {
                throw conflict(
                    refusal("is paused and must be unpaused first: unpause and stop it"));
              }
              Stopping.killAndWait(this);
            }
          }
          Removal.remove(this, volumes);
          return true;
        });
  }

  private String refusal(String why) {
    return "cannot remove container \"/"
        + now.record().name()
        + "\": container "
        + why
        + " or force remove";
  }

  @Override
  public void rename(String name) throws IOException {
    String next = InstanceNames.validated(name);
    atOnce(
        () -> {
          String old = now.record().name();
          if (next.equals(old)) {
            throw new EngineException(
                EngineException.Kind.INVALID_ARGUMENT,
                "Renaming a container with the same name as its current name");
          }
          site.catalog().claim(next, id);
          try {
            define(now.record().withName(next));
          } catch (IOException | RuntimeException e) {
            site.catalog().release(next, id);
            throw e;
          }
          site.catalog().release(old, id);
          publish("rename", Map.of("oldName", "/" + old));
          return true;
        });
  }

  @Override
  public List<String> update(Limits limits, Optional<RestartPolicy> restart) throws IOException {
    return atOnce(
        () -> {
          InstanceRecord before = now.record();
          if (before.spec().autoRemove()
              && restart.filter(r -> r.mode() != RestartPolicy.Mode.NO).isPresent()) {
            throw new EngineException(
                EngineException.Kind.INVALID_ARGUMENT,
                "Restart policy cannot be updated because AutoRemove is enabled for the container");
          }
          InstanceRecord after =
              before.withSpec(
                  before.spec().toBuilder()
                      .limits(LimitChange.of(before.spec().limits(), limits))
                      .restart(restart.orElse(before.spec().restart()))
                      .build());
          List<String> warnings = site.walls().review(after.spec());
          if (now.run().isPresent()) {
            site.walls().limit(after);
          }
          define(after);
          publish("update");
          return warnings;
        });
  }

  @Override
  public InstanceState await(WaitCondition condition) throws InterruptedException {
    return waiting(condition).await();
  }

  @Override
  public Waiting waiting(WaitCondition condition) {
    state.lock();
    try {
      long seen = ends;
      return () -> await(condition, seen);
    } finally {
      state.unlock();
    }
  }

  private InstanceState await(WaitCondition condition, long seen) throws InterruptedException {
    state.lockInterruptibly();
    try {
      while (!isTrue(condition, seen) && !site.isClosing()) {
        changed.await();
      }
      return stateOf(now);
    } finally {
      state.unlock();
    }
  }

  private boolean isTrue(WaitCondition condition, long endsBefore) {
    return removed
        || switch (condition) {
          case NOT_RUNNING -> ends > endsBefore || !isAlive(now.status());
          case NEXT_EXIT -> ends > endsBefore;
          case REMOVED -> false;
        };
  }

  // ---- what launching, ending and removing tell

  /** The number of the run that begins. */
  long nextRun() {
    return ++runs;
  }

  /** The run has begun: whoever attached meanwhile is connected as well. */
  void began(Run run) {
    endWanted = false;
    execs.open();
    change(
        life ->
            Life.with(life)
                .status(InstanceStatus.RUNNING)
                .exitCode(0)
                .oomKilled(false)
                .error("")
                .startedAt(Optional.of(run.startedAt()))
                .build(),
        Optional.of(run));
    connectWaiting();
  }

  /** Connects everyone who attached before the run; the shim listens by now. */
  void connectWaiting() {
    List<ShimAttachment> all;
    state.lock();
    try {
      all = List.copyOf(waiting);
      waiting.clear();
    } finally {
      state.unlock();
    }
    for (ShimAttachment attachment : all) {
      try {
        attachment.connect(Shim.attach(runFolder().socket(), attachment.streams()));
      } catch (IOException e) {
        LOGGER.debug("{} ended before a client could be attached", id, e);
        attachment.abandon();
      }
    }
  }

  /** No run will come of the start that was tried. */
  void abandonWaiting() {
    state.lock();
    try {
      waiting.forEach(ShimAttachment::abandon);
      waiting.clear();
      ends++;
      changed.signalAll();
    } finally {
      state.unlock();
    }
  }

  /**
   * The run is over, and everything of it taken away.
   *
   * @param written what is on disk
   */
  void ended(LifeRecord written, UnaryOperator<LifeRecord> change) {
    state.lock();
    try {
      ends++;
      LifeRecord next = change.apply(now.life());
      if (!next.equals(written)) {
        writeLife(next);
      }
      now = new Now(now.record(), next, Optional.empty());
      // Who is told of the end by the event finds it in the state, and who waited for the state
      // finds the event.
      publishDeath();
      changed.signalAll();
    } finally {
      state.unlock();
    }
    site.logWatch().strike(folder().logs());
  }

  /** It is gone; nothing more will be true of it. */
  void gone() {
    state.lock();
    try {
      removed = true;
      waiting.forEach(ShimAttachment::abandon);
      waiting.clear();
      changed.signalAll();
    } finally {
      state.unlock();
    }
  }

  /** The engine closes: whoever waits is sent away, and the run goes on without us. */
  void letGo() throws IOException {
    state.lock();
    try {
      waiting.forEach(ShimAttachment::abandon);
      waiting.clear();
      changed.signalAll();
    } finally {
      state.unlock();
    }
    execs.letGo();
    if (now.run().isPresent()) {
      now.run().get().shim().close();
    }
  }

  boolean isRemoved() {
    state.lock();
    try {
      return removed;
    } finally {
      state.unlock();
    }
  }

  boolean endWanted() {
    return endWanted;
  }

  void wantEnd() {
    endWanted = true;
  }

  RestartBackOff backOff() {
    return backOff;
  }

  void backOff(RestartBackOff next) {
    backOff = next;
  }

  /**
   * Waits until {@code run} is over.
   *
   * @param timeout how long at most; negative for ever
   * @return whether it is over
   */
  boolean awaitEnd(Run run, Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    state.lockInterruptibly();
    try {
      while (now.run().isPresent()
          && now.run().get().number() == run.number()
          && !site.isClosing()) {
        if (timeout.isNegative()) {
          changed.await();
        } else if (left <= 0) {
          return false;
        } else {
          left = changed.awaitNanos(left);
        }
      }
      return true;
    } finally {
      state.unlock();
    }
  }

  /**
   * Waits for {@code delay} while the status is RESTARTING.
   *
   * @return whether it still is
   */
  boolean awaitRestart(Duration delay) throws InterruptedException {
    long left = delay.toNanos();
    state.lockInterruptibly();
    try {
      while (left > 0 && now.status() == InstanceStatus.RESTARTING && !removed) {
        left = changed.awaitNanos(left);
      }
      return now.status() == InstanceStatus.RESTARTING && !removed;
    } finally {
      state.unlock();
    }
  }

  // ---- streams

  @Override
  public Attachment attach(boolean stdin, boolean stdout, boolean stderr) throws IOException {
    refuseRemoved();
    Set<Shim.Stream> streams = EnumSet.noneOf(Shim.Stream.class);
    if (stdin) {
      streams.add(Shim.Stream.STDIN);
    }
    if (stdout) {
      streams.add(Shim.Stream.STDOUT);
    }
    if (stderr) {
      streams.add(Shim.Stream.STDERR);
    }
    ShimAttachment attachment = new ShimAttachment(streams);
    state.lock();
    try {
      switch (now.status()) {
        case PAUSED ->
            throw conflict("container " + id + " is paused, unpause the container before attach");
        case RESTARTING ->
            throw conflict(
                "container " + id + " is restarting, wait until the container is running");
        case REMOVING, DEAD -> throw conflict("container " + id + " is being removed");
        case RUNNING, CREATED, EXITED -> waiting.add(attachment);
      }
    } finally {
      state.unlock();
    }
    if (now.status() == InstanceStatus.RUNNING) {
      connectWaiting();
    }
    publish("attach");
    return attachment;
  }

  @Override
  public void resize(int rows, int columns) throws IOException {
    requireRun().shim().resize(rows, columns);
    publish("resize", Map.of("height", "" + rows, "width", "" + columns));
  }

  @Override
  public LogStream logs(LogQuery query) throws IOException {
    refuseRemoved();
    InstanceRecord record = now.record();
    if (!record.spec().log().kept()) {
      throw new EngineException(
          EngineException.Kind.UNSUPPORTED,
          "configured logging driver does not support reading: container "
              + id
              + " was created with --log-driver none");
    }
    Files.createDirectories(folder().logs());
    LogReader reader =
        new LogReader(
            folder().log(),
            query,
            record.spec().streams().terminal(),
            () -> !isAlive(),
            site.logWatch());
    return new LogStream() {
      @Override
      public Optional<LogLine> next() throws IOException {
        return reader.next();
      }

      @Override
      public void close() {
        try {
          reader.close();
        } catch (IOException e) {
          throw new UncheckedIOException("cannot close the log of " + id, e);
        }
      }
    };
  }

  @Override
  public Exec exec(ExecSpec spec) throws IOException {
    refuseRemoved();
    return execs.create(spec);
  }

  // ---- looking inside

  @Override
  public Stats stats() throws IOException {
    Now seen = now;
    Workload workload =
        seen.run()
            .map(Run::workload)
            .orElseThrow(() -> conflict("container " + id + " is not running"));
    return site.walls().stats(seen.record(), workload);
  }

  @Override
  public ProcessTable processes(List<String> psArguments) throws IOException {
    requireRun();
    ProcessTable table = site.walls().processes(whereabouts(), psArguments);
    publish("top");
    return table;
  }

  // ---- its file system

  @Override
  public List<Change> changes() throws IOException {
    return looking.changes();
  }

  @Override
  public FileStat fileStat(String path) throws IOException {
    return looking.fileStat(path);
  }

  @Override
  public void copyOut(String path, OutputStream tar) throws IOException {
    looking.copyOut(path, tar);
  }

  @Override
  public void copyIn(String path, InputStream tar, boolean keepTypes, boolean keepOwners)
      throws IOException {
    looking.copyIn(path, tar, keepTypes, keepOwners);
  }

  @Override
  public void export(OutputStream tar) throws IOException {
    looking.export(tar);
  }

  @Override
  public Image commit(
      Optional<Reference> name, String author, String message, List<String> changes, boolean pause)
      throws IOException {
    return looking.commit(name, author, message, changes, pause);
  }

  @Override
  public long writableLayerBytes() throws IOException {
    return looking.writableLayerBytes();
  }

  @Override
  public String toString() {
    return "instance " + now.record().name() + " (" + id.substring(0, 12) + ")";
  }
}
