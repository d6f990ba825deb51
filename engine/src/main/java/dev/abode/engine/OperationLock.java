package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Held by whoever changes an instance, for as long as that takes. Whoever comes to an instance that
 * was removed while it waited is refused.
 */
final class OperationLock {
  private final String id;
  private final LiveState state;
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * @param id of the instance, for failures
   */
  OperationLock(String id, LiveState state) {
    this.id = id;
    this.state = state;
  }

  /** Something that changes the instance, may take its time, and comes to a result. */
  @FunctionalInterface
  interface Operation<T> {
    T perform() throws IOException, InterruptedException;
  }

  /** Something that changes the instance, and may take its time. */
  @FunctionalInterface
  interface Action {
    void perform() throws IOException, InterruptedException;
  }

  /** Performs an operation while no other is. */
  <T> T exclusively(Operation<T> operation) throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      state.refuseRemoved();
      return operation.perform();
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #exclusively}, for what has no result. */
  void doExclusively(Action action) throws IOException, InterruptedException {
    boolean _ =
        exclusively(
            () -> {
              action.perform();
              return true;
            });
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

  /** As {@link #atOnce}, for what has no result. */
  void doAtOnce(Action action) throws IOException {
    boolean _ =
        atOnce(
            () -> {
              action.perform();
              return true;
            });
  }
}
