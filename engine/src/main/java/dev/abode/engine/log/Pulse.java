package dev.abode.engine.log;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells waiting readers that something may have changed. A reader takes {@link #beat} first, then
 * looks, and if it found nothing waits for a later beat: so no change is missed.
 */
public final class Pulse {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition beaten = lock.newCondition();
  private long beat;

  /** The number of changes so far. */
  public long beat() {
    lock.lock();
    try {
      return beat;
    } finally {
      lock.unlock();
    }
  }

  /** Something changed. */
  public void strike() {
    lock.lock();
    try {
      beat++;
      beaten.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there were more changes than {@code seen}, or {@code deadline} passed. */
  public void await(long seen, Optional<Instant> deadline) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (beat == seen) {
        if (deadline.isEmpty()) {
          beaten.await();
          continue;
        }
        long nanos = Duration.between(Instant.now(), deadline.get()).toNanos();
        if (nanos <= 0 || beaten.awaitNanos(nanos) <= 0) {
          return;
        }
      }
    } finally {
      lock.unlock();
    }
  }
}
