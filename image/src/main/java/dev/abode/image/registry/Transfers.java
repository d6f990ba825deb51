package dev.abode.image.registry;

import dev.abode.image.ImageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * Blobs on their way at the same time, so many of them and no more. Closing gives up what is not
 * done and waits for its end, so that nothing works on behind a caller that failed.
 */
final class Transfers implements AutoCloseable {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Future<?>> begun = new ArrayList<>();
  private final Semaphore permits;

  /** Work that may fail. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  Transfers(int atOnce) {
    this.permits = new Semaphore(atOnce, true);
  }

  /**
   * Begins some work.
   *
   * @param waiting told when it has to wait for its turn
   */
  <T> Future<T> begin(Work<T> work, Runnable waiting) {
    Future<T> future =
        threads.submit(
            () -> {
              if (!permits.tryAcquire()) {
                waiting.run();
                permits.acquire();
              }
              try {
                return work.run();
              } finally {
                permits.release();
              }
            });
    begun.add(future);
    return future;
  }

  /** Waits for some work, with its failure as one's own. */
  static <T> T await(Future<T> work) throws IOException {
    try {
      return work.get();
    } catch (InterruptedException e) {
      throw Transport.interrupted(e);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException local -> throw local;
        case RuntimeException own -> throw own;
        case Error fatal -> throw fatal;
        case null, default ->
            throw new ImageException(
                ImageException.Kind.INTERNAL, "a transfer ended in an unknown way", e);
      }
    }
  }

  @Override
  public void close() {
    begun.forEach(work -> work.cancel(true));
    threads.close();
  }
}
