package dev.abode.engine.record;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A thread that does one thing after the other for those who do not wait, while there are any. */
public final class LoneThread {
  private static final long IDLE_SECONDS = 10;
  private static final long PATIENCE_SECONDS = 20;

  private final ThreadPoolExecutor thread;

  /**
   * @param late what becomes of a task that comes after {@link #end}
   */
  public LoneThread(String name, RejectedExecutionHandler late) {
    thread =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name(name).daemon().factory(),
            late);
    thread.allowCoreThreadTimeOut(true);
  }

  public void execute(Runnable task) {
    thread.execute(task);
  }

  /**
   * Takes no more, and waits for what is under way, a while.
   *
   * @return whether everything is done; else what had not begun never will
   */
  public boolean end() {
    thread.shutdown();
    try {
      if (thread.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return true;
      }
      thread.shutdownNow();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }
}
