package dev.abode.engine;

import dev.abode.engine.record.Folders;
import dev.abode.engine.record.LoneThread;
import dev.abode.engine.record.TreeDeletion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what was renamed out of sight, one tree after the other on a thread of its own, so that
 * nobody waits for it. What an engine does not come to, because it dies or something is mounted in
 * a tree, the next one deletes as it finds it, by its name.
 */
final class Deletions implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Deletions.class);

  /** Once closed, what comes is the next engine's. */
  private final LoneThread thread = new LoneThread("deletions", (task, ended) -> {});

  private final AtomicLong discarded = new AtomicLong();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();

  /**
   * Takes {@code tree} out of sight at once and deletes it soon. Nothing to do when it is missing.
   */
  void discard(Path tree) throws IOException {
    Path doomed =
        tree.resolveSibling(
            tree.getFileName() + "." + discarded.incrementAndGet() + Folders.REMOVING);
    try {
      Files.move(tree, doomed, StandardCopyOption.ATOMIC_MOVE);
      add(doomed);
    } catch (NoSuchFileException e) {
      // Somebody else was here.
    }
  }

  /** Deletes {@code tree} soon. */
  void add(Path tree) {
    thread.execute(() -> delete(tree));
  }

  private void delete(Path tree) {
    try {
      TreeDeletion.delete(tree);
    } catch (IOException e) {
      failed(e);
    }
  }

  /** Keeps in mind that something is left; whoever asks about the engine is told. */
  void failed(IOException why) {
    String sentence = why.getMessage() + "; the next start of the engine tries it again";
    LOGGER.warn("{}", sentence);
    failures.add(sentence);
  }

  /** What could not be deleted and why, a sentence each. */
  List<String> failures() {
    return List.copyOf(failures);
  }

  /** Waits for what is under way, a while: an engine that closes leaves nothing lying about. */
  @Override
  public void close() {
    if (!thread.end()) {
      LOGGER.info("what is left to delete is left to the next engine");
    }
  }
}
