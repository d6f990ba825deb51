package dev.abode.linux.testing;

import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * Waiting, in tests, for what another process or the kernel does, where there is nothing to block
 * on. What a workload writes or an engine announces can be waited for; use that instead.
 */
public final class Eventually {
  /** So long that only what never comes is missed, however slow and busy the machine is. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final Duration PAUSE = Duration.ofMillis(10);

  private Eventually() {}

  /**
   * Returns once {@code condition} holds.
   *
   * @param what is waited for, for the message
   * @throws AssertionError if it does not in two minutes
   */
  public static void until(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + PATIENCE.toSeconds() + " s: " + what);
      }
      Thread.sleep(PAUSE);
    }
  }
}
