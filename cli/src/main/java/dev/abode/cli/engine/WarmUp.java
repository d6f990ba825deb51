package dev.abode.cli.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A rehearsal in the background, while the engine already serves. The code of a launch is cold in a
 * new JVM, and runs some ten times slower than later; better that nobody waits for it meanwhile.
 */
final class WarmUp implements AutoCloseable {
  private static final Logger LOGGER = Logger.getLogger(WarmUp.class.getName());
  private static final int LAUNCHES = 80;

  /** An engine that a command has started has that command to serve first. */
  private static final long GRACE_MILLIS = 500;

  private final Path root;
  private final Thread thread;
  private final CountDownLatch ended = new CountDownLatch(1);

  private WarmUp(Path root) {
    this.root = root;
    this.thread = Thread.ofPlatform().name("warm-up").daemon().unstarted(this::rehearse);
  }

  /**
   * Begins.
   *
   * @param root a folder that is made for it and goes with it
   */
  static WarmUp begin(Path root) {
    WarmUp warmUp = new WarmUp(root);
    warmUp.thread.start();
    return warmUp;
  }

  private void rehearse() {
    try {
      if (ended.await(GRACE_MILLIS, TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    try (LaunchRehearsal rehearsal = LaunchRehearsal.open(root)) {
      rehearsal.perform(LAUNCHES, () -> ended.getCount() == 0);
    } catch (IOException | RuntimeException e) {
      LOGGER.log(Level.FINE, "the engine starts cold: its rehearsal failed", e);
    }
  }

  /** Ends it, done or not, and waits until nothing of it is left. */
  @Override
  public void close() {
    ended.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
