package dev.abode.engine.patience;

import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what takes too long, from a thread of its own, unless it is closed before. Reading from a
 * channel cannot be given a time limit; a channel that is closed meanwhile ends it.
 */
public final class Watchdog implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Watchdog.class);

  private final Thread thread;

  /** Makes whoever waits give up. */
  @FunctionalInterface
  public interface Ending {
    void end() throws IOException;
  }

  private Watchdog(Thread thread) {
    this.thread = thread;
  }

  /**
   * Sets one on.
   *
   * @param name of its thread
   * @param patience until it acts
   */
  public static Watchdog over(String name, Duration patience, Ending ending) {
    return new Watchdog(Thread.ofVirtual().name(name).start(() -> watch(patience, ending)));
  }

  private static void watch(Duration patience, Ending ending) {
    try {
      Thread.sleep(patience); // it is a clock, and waits for nobody
      ending.end();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOGGER.debug("what took too long has ended, or is closed by whoever opened it", e);
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
