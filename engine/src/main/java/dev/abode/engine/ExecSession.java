package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.ExecInfo;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.launch.Workload;
import dev.abode.engine.record.ExecRecord;
import dev.abode.engine.record.RunFolderOf;
import dev.abode.engine.record.TreeDeletion;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Shim;
import dev.abode.init.ShimEvent;
import dev.abode.linux.ProcessIdentity;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A further process in an instance, with a shim of its own. Needs no lock of the instance. */
final class ExecSession implements Exec {
  private static final Logger LOGGER = LoggerFactory.getLogger(ExecSession.class);

  /** The exit code of a process whose end nobody saw, as if killed. */
  private static final int LOST = 137;

  private final LiveInstance instance;
  private final String id;
  private final ExecSpec spec;
  private final boolean announced;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile Progress progress = new Progress.Created();

  /** How far it has come. */
  private sealed interface Progress {
    record Created() implements Progress {}

    record Starting() implements Progress {}

    record Running(Shim shim, int pid) implements Progress {}

    record Ended(int exitCode) implements Progress {}
  }

  /**
   * @param announced whether events tell of it; a health check's are nobody's business
   */
  ExecSession(LiveInstance instance, String id, ExecSpec spec, boolean announced) {
    this.instance = instance;
    this.id = id;
    this.spec = spec;
    this.announced = announced;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public ExecInfo info() {
    return switch (progress) {
      case Progress.Created created -> info(false, OptionalInt.empty(), 0);
      case Progress.Starting starting -> info(false, OptionalInt.empty(), 0);
      case Progress.Running running -> info(true, OptionalInt.empty(), running.pid());
      case Progress.Ended ended -> info(false, OptionalInt.of(ended.exitCode()), 0);
    };
  }

  private ExecInfo info(boolean running, OptionalInt exitCode, int pid) {
    return new ExecInfo(id, instance.id(), spec, running, exitCode, pid);
  }

  private RunFolderOf folder() {
    return instance.runFolder().exec(id);
  }

  void publish(String action, Map<String, String> more) {
    if (announced) {
      Map<String, String> attributes = new HashMap<>(more);
      attributes.put("execID", id);
      instance.publish(action, attributes);
    }
  }

  @Override
  public Attachment start() throws IOException {
    Set<Shim.Stream> streams = EnumSet.of(Shim.Stream.STDOUT, Shim.Stream.STDERR);
    if (spec.streams().openStdin()) {
      streams.add(Shim.Stream.STDIN);
    }
    ShimAttachment attachment = new ShimAttachment(streams);
    try {
      start(Optional.of(attachment));
    } catch (IOException | RuntimeException e) {
      attachment.close();
      throw e;
    }
    return attachment;
  }

  @Override
  public void startDetached() throws IOException {
    start(Optional.empty());
  }

  private void start(Optional<ShimAttachment> attachment) throws IOException {
    ExecTable.requireRunning(instance);
    Workload workload = instance.requireRun().workload();
    claimStart();
    try {
      instance.execs.admit(this);
    } catch (EngineException e) {
      progress(new Progress.Created());
      throw e;
    }
    try {
      RunFolderOf folder = folder();
      makeFolder(folder);
      new ExecRecord(ExecRecord.FORMAT, id, spec).write(folder.execRecord());
      LaunchPlan plan = instance.site.walls().plan(instance.whereabouts(), workload, folder, spec);
      Shim shim = instance.site.shims().spawn(plan, folder.socket());
      try {
        if (attachment.isPresent()) {
          attachment
              .get()
              .connect(Shim.attachBeforeStart(folder.socket(), attachment.get().streams()));
        }
        shim.start();
        int pid = await(shim, plan);
        progress(new Progress.Running(shim, pid));
      } catch (IOException | RuntimeException e) {
        closeQuietly(shim);
        throw e;
      }
      publish("exec_start: " + String.join(" ", spec.command()), Map.of());
      Thread.ofVirtual().name("watch-exec-" + id.substring(0, 12)).start(() -> watch(shim));
    } catch (IOException | RuntimeException e) {
      try {
        TreeDeletion.delete(folder().path());
      } catch (IOException deletion) {
        e.addSuppressed(deletion);
      }
      progress(new Progress.Ended(exitCodeOf(e)));
      if (saysNothingOfTheCommand(e) && hasEnded(workload)) {
        EngineException ended = instance.conflict("container " + instance.id() + " is not running");
        ended.addSuppressed(e);
        throw ended;
      }
      throw e;
    }
  }

  private static boolean saysNothingOfTheCommand(Exception failure) {
    return failure instanceof IOException
        || (failure instanceof EngineException known
            && known.kind() == EngineException.Kind.INTERNAL);
  }

  /**
   * Whether the instance has ended, or is about to: then its folder may be gone, and the kernel
   * takes no process into its PID namespace any more.
   */
  private boolean hasEnded(Workload workload) {
    return !Files.isDirectory(instance.runFolder().path())
        || !new ProcessIdentity(workload.pid(), workload.startTicks()).isRunning();
  }

  /**
   * Fails when the instance's own folder is gone: it has ended, and nothing may bring that back.
   */
  private void makeFolder(RunFolderOf folder) throws IOException {
    try {
      Files.createDirectory(instance.runFolder().execs());
    } catch (FileAlreadyExistsException e) {
      // There were sessions before.
    }
    Files.createDirectory(folder.path());
  }

  private void claimStart() {
    lock.lock();
    try {
      progress =
          switch (progress) {
            case Progress.Created created -> new Progress.Starting();
            case Progress.Starting starting -> throw alreadyStarted("is already running");
            case Progress.Running running -> throw alreadyStarted("is already running");
            case Progress.Ended ended -> throw alreadyStarted("has already run");
          };
    } finally {
      lock.unlock();
    }
  }

  private EngineException alreadyStarted(String how) {
    return instance.conflict("exec command " + id + " " + how);
  }

  private static int exitCodeOf(Exception failure) {
    return failure instanceof EngineException known
            && known.kind() == EngineException.Kind.COMMAND_NOT_FOUND
        ? 127
        : 126;
  }

  private int await(Shim shim, LaunchPlan plan) throws IOException {
    while (true) {
      switch (shim.next()) {
        case ShimEvent.Started started -> {
          return started.pid();
        }
        case ShimEvent.Failed failed ->
            throw instance.site.walls().explain(instance.now().record(), plan, failed);
        case ShimEvent.Gone gone ->
            throw new EngineException(
                EngineException.Kind.INTERNAL,
                "cannot execute " + spec.command() + ": its supervisor ended without a word");
        case ShimEvent.Exited exited ->
            throw new EngineException(
                EngineException.Kind.INTERNAL,
                "cannot execute " + spec.command() + ": it ended before it began");
        case ShimEvent.Created created -> shim.proceed();
        case ShimEvent.Waiting waiting -> {}
        case ShimEvent.Booting booting -> {}
        case ShimEvent.Ready ready -> {}
        case ShimEvent.Answer answer -> {}
        case ShimEvent.Output output -> {}
      }
    }
  }

  private void watch(Shim shim) {
    int exitCode = LOST;
    try {
      exitCode = awaitExit(shim);
    } catch (IOException e) {
      LOGGER.debug("the supervisor of exec {} cannot be watched any more", id, e);
    }
    closeQuietly(shim);
    if (instance.site.isClosing()) {
      return;
    }
    try {
      instance.site.deletions().discard(folder().path());
    } catch (IOException e) {
      LOGGER.warn("the run folder of exec {} of {} could not be removed", id, instance, e);
    }
    progress(new Progress.Ended(exitCode));
    publish("exec_die", Map.of("exitCode", Integer.toString(exitCode)));
  }

  private static int awaitExit(Shim shim) throws IOException {
    while (true) {
      switch (shim.next()) {
        case ShimEvent.Exited exited -> {
          return exited.record().shellStatus();
        }
        case ShimEvent.Gone gone -> {
          return LOST;
        }
        case ShimEvent.Waiting waiting -> {}
        case ShimEvent.Booting booting -> {}
        case ShimEvent.Ready ready -> {}
        case ShimEvent.Answer answer -> {}
        case ShimEvent.Created created -> {}
        case ShimEvent.Started started -> {}
        case ShimEvent.Failed failed -> {}
        case ShimEvent.Output output -> {}
      }
    }
  }

  /** Takes up a session that an earlier engine started, and that runs. */
  void adopt(Shim shim, int pid) {
    instance.execs.admit(this);
    progress(new Progress.Running(shim, pid));
    Thread.ofVirtual().name("watch-exec-" + id.substring(0, 12)).start(() -> watch(shim));
  }

  private void closeQuietly(Shim shim) {
    try {
      shim.close();
    } catch (IOException e) {
      LOGGER.debug("closing the connection to the supervisor of exec {}", id, e);
    }
  }

  private void progress(Progress next) {
    lock.lock();
    try {
      progress = next;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (next instanceof Progress.Ended) {
      instance.execs.dismiss(this);
    }
  }

  @Override
  public void resize(int rows, int columns) throws IOException {
    requireShim().resize(rows, columns);
  }

  void signal(int number) throws IOException {
    requireShim().signal(number);
  }

  private Shim requireShim() {
    if (progress instanceof Progress.Running running) {
      return running.shim();
    }
    throw instance.conflict("exec command " + id + " is not running");
  }

  @Override
  public int await() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        if (progress instanceof Progress.Ended ended) {
          return ended.exitCode();
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the end of a session that was started, for a while.
   *
   * @return the exit code, when it has ended
   */
  OptionalInt awaitEnd(Duration timeout) {
    long left = timeout.toNanos();
    lock.lock();
    try {
      while (true) {
        switch (progress) {
          case Progress.Created created -> {
            return OptionalInt.empty();
          }
          case Progress.Ended ended -> {
            return OptionalInt.of(ended.exitCode());
          }
          case Progress.Starting starting -> {}
          case Progress.Running running -> {}
        }
        if (left <= 0) {
          return OptionalInt.empty();
        }
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return OptionalInt.empty();
    } finally {
      lock.unlock();
    }
  }

  /** Lets go of the shim, which goes on. */
  void letGo() {
    if (progress instanceof Progress.Running running) {
      closeQuietly(running.shim());
    }
  }
}
