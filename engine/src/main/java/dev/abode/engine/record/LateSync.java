package dev.abode.engine.record;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings files to the disk a moment after they were written, one after the other on a thread of its
 * own, so that nobody waits for the disk. Other processes see them at once, whatever becomes of
 * this one; only a loss of power within that moment leaves a file empty.
 */
public final class LateSync implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(LateSync.class);

  /** Once closed, who still writes waits for the disk. */
  private final LoneThread thread = new LoneThread("late sync", (task, ended) -> task.run());

  /** Syncs {@code channel}, which is open to {@code file} and nobody else's, and closes it. */
  void add(Path file, FileChannel channel) {
    thread.execute(() -> sync(file, channel));
  }

  private static void sync(Path file, FileChannel channel) {
    try (channel) {
      channel.force(false);
    } catch (IOException e) {
      LOGGER.warn("{} may not survive a loss of power: {}", file, e.getMessage());
    }
  }

  /** Waits, a while, until everything is on the disk. */
  @Override
  public void close() {
    if (!thread.end()) {
      LOGGER.warn("the disk takes long: the latest instances may not survive a loss of power");
    }
  }
}
