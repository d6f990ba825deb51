package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.LifeRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is so of one instance, in memory and on disk, and those who wait for it to become otherwise.
 *
 * <p>Its lock is held for moments, to replace {@link #now} and to tell those who wait for that; it
 * is taken after the instance's operation lock, never before. Questions read {@link #now} and take
 * neither.
 */
final class LiveState {
  private static final Logger LOGGER = LoggerFactory.getLogger(LiveState.class);

  private final Site site;
  private final String id;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile Now now;
  private boolean removed;
  private long ends;
  private long runs;

  /** All that is so at one moment. */
  record Now(InstanceRecord record, LifeRecord life, Optional<Run> run) {
    InstanceStatus status() {
      return life.status();
    }
  }

  LiveState(Site site, InstanceRecord record, LifeRecord life) {
    this.site = site;
    this.id = record.id();
    this.now = new Now(record, life, Optional.empty());
  }

  Now now() {
    return now;
  }

  private InstanceFolder folder() {
    return site.folders().instance(id);
  }

  boolean isAlive() {
    return isAlive(now.status());
  }

  private static boolean isAlive(InstanceStatus status) {
    return switch (status) {
      case RUNNING, PAUSED, RESTARTING -> true;
      case CREATED, REMOVING, EXITED, DEAD -> false;
    };
  }

  // ---- changing it

  /** Replaces what is so, on disk as well, and tells those who wait. */
  void change(UnaryOperator<LifeRecord> change, Optional<Run> run) {
    lock.lock();
    try {
      LifeRecord next = change.apply(now.life());
      if (!next.equals(now.life())) {
        write(next);
      }
      replace(new Now(now.record(), next, run));
    } finally {
      lock.unlock();
    }
    if (!isAlive()) {
      site.logWatch().strike(folder().logs());
    }
  }

  /**
   * Changes the status unless it has become another one: the run may end at any moment, and an
   * ended one must not be made running again.
   *
   * @return whether it was {@code from}
   */
  boolean changeStatus(InstanceStatus from, InstanceStatus to) {
    lock.lock();
    try {
      if (now.status() != from) {
        return false;
      }
      LifeRecord next = Life.with(now.life()).status(to).build();
      write(next);
      replace(new Now(now.record(), next, now.run()));
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Replaces what is so, when there may be no folder any more to write it to. */
  void changeInMemory(UnaryOperator<LifeRecord> change) {
    lock.lock();
    try {
      replace(new Now(now.record(), change.apply(now.life()), now.run()));
    } finally {
      lock.unlock();
    }
  }

  /** Replaces the definition, durably. */
  void define(InstanceRecord record) throws IOException {
    folder().writeDefinition(record);
    lock.lock();
    try {
      replace(new Now(record, now.life(), now.run()));
    } finally {
      lock.unlock();
    }
  }

  /** The caller holds the lock. */
  private void replace(Now next) {
    now = next;
    changed.signalAll();
  }

  /**
   * What happened has happened, written down or not: a full disk must not make the engine forget
   * that a workload ended.
   */
  void write(LifeRecord life) {
    try {
      folder().writeLife(life);
    } catch (IOException e) {
      LOGGER.warn(
          "the state of {} could not be written and is kept in memory only; is the disk full?",
          id,
          e);
    }
  }

  // ---- runs, and their ends

  /** The number of the run that begins. */
  long nextRun() {
    return ++runs;
  }

  /** No run came of a start; for those who wait for an end, that is one. */
  void startFailed() {
    lock.lock();
    try {
      ends++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The run is over, and everything of it taken away.
   *
   * @param written what is on disk
   * @param announcement makes the end known: who is told of it by the event finds it in the state,
   *     and who waited for the state finds the event
   */
  void ended(LifeRecord written, UnaryOperator<LifeRecord> change, Runnable announcement) {
    lock.lock();
    try {
      ends++;
      LifeRecord next = change.apply(now.life());
      if (!next.equals(written)) {
        write(next);
      }
      now = new Now(now.record(), next, Optional.empty());
      announcement.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    site.logWatch().strike(folder().logs());
  }

  /** It is gone; nothing more will be true of it. */
  void removed() {
    lock.lock();
    try {
      removed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isRemoved() {
    lock.lock();
    try {
      return removed;
    } finally {
      lock.unlock();
    }
  }

  /** Refuses what is asked of an instance that is gone. */
  void refuseRemoved() {
    if (isRemoved()) {
      throw new EngineException(EngineException.Kind.NOT_FOUND, "No such container: " + id);
    }
  }

  // ---- waiting

  /** A wait that has begun: an end from now on counts. */
  @FunctionalInterface
  interface Wait {
    /** Returns what was so when the condition came true, or when the engine closes. */
    Now await() throws InterruptedException;
  }

  Wait waiting(WaitCondition condition) {
    lock.lock();
    try {
      long seen = ends;
      return () -> await(condition, seen);
    } finally {
      lock.unlock();
    }
  }

  private Now await(WaitCondition condition, long seen) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!isTrue(condition, seen) && !site.isClosing()) {
        changed.await();
      }
      return now;
    } finally {
      lock.unlock();
    }
  }

  private boolean isTrue(WaitCondition condition, long endsBefore) {
    return removed
        || switch (condition) {
          case NOT_RUNNING -> ends > endsBefore || !isAlive();
          case NEXT_EXIT -> ends > endsBefore;
          case REMOVED -> false;
        };
  }

  /**
   * Waits until {@code run} is over.
   *
   * @param timeout how long at most; negative for ever
   * @return whether it is over
   */
  boolean awaitEnd(Run run, Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while (now.run().filter(r -> r.number() == run.number()).isPresent() && !site.isClosing()) {
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
      lock.unlock();
    }
  }

  /**
   * Waits for {@code delay} while the status is RESTARTING.
   *
   * @return whether it still is
   */
  boolean awaitRestart(Duration delay) throws InterruptedException {
    long left = delay.toNanos();
    lock.lockInterruptibly();
    try {
      while (left > 0 && now.status() == InstanceStatus.RESTARTING && !removed) {
        left = changed.awaitNanos(left);
      }
      return now.status() == InstanceStatus.RESTARTING && !removed;
    } finally {
      lock.unlock();
    }
  }

  /** Lets all who wait look whether the engine closes. */
  void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
