package dev.abode.engine.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.abode.engine.Attachment;
import dev.abode.engine.Engine;
import dev.abode.engine.EngineOptions;
import dev.abode.engine.Instance;
import dev.abode.engine.LogStream;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.LogLine;
import dev.abode.engine.instance.LogQuery;
import dev.abode.engine.record.TreeDeletion;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** An engine on a root folder of its own, which leaves nothing behind when it is closed. */
public final class TestEngine implements AutoCloseable {
  private final Path root;
  private Engine engine;

  private TestEngine(Path root) throws IOException {
    this.root = root;
    this.engine = Engine.open(EngineOptions.at(root));
  }

  /** Opens one on an empty folder. */
  public static TestEngine open() throws IOException {
    return new TestEngine(Files.createTempDirectory("abode-test"));
  }

  /** Opens one on a folder that another process may have used; it is deleted in the end. */
  public static TestEngine open(Path root) throws IOException {
    return new TestEngine(root);
  }

  public Engine engine() {
    return engine;
  }

  public Path root() {
    return root;
  }

  /** Where it keeps what a reboot may forget. */
  public Path run() {
    return EngineOptions.at(root).run();
  }

  /** Ends this engine, as its process would by leaving, and opens the next one. */
  public Engine reopen() throws IOException {
    engine.close();
    engine = Engine.open(EngineOptions.at(root));
    return engine;
  }

  /** All that is in an instance's log. */
  public static String log(Instance instance) throws IOException {
    return log(instance, LogQuery.ALL);
  }

  /** What a query finds in an instance's log. */
  public static String log(Instance instance, LogQuery query) throws IOException {
    StringBuilder text = new StringBuilder();
    try (LogStream log = instance.logs(query)) {
      for (Optional<LogLine> line = log.next(); line.isPresent(); line = log.next()) {
        text.append(UTF_8.decode(line.get().bytes()));
      }
    }
    return text.toString();
  }

  /**
   * Waits until an instance has logged a line.
   *
   * @throws IOException if it ends without having done so
   */
  public static void awaitLine(Instance instance, String line) throws IOException {
    LogQuery follow = new LogQuery(true, true, -1, Optional.empty(), Optional.empty(), true);
    try (LogStream log = instance.logs(follow)) {
      for (Optional<LogLine> next = log.next(); next.isPresent(); next = log.next()) {
        if (UTF_8.decode(next.get().bytes()).toString().strip().equals(line)) {
          return;
        }
      }
    }
    throw new IOException(instance.id() + " ended without the line \"" + line + "\"");
  }

  /** The first {@code count} lines of an instance's log, once it has written as many. */
  public static List<String> awaitLines(Instance instance, int count) throws IOException {
    StringBuilder text = new StringBuilder();
    LogQuery follow = new LogQuery(true, true, -1, Optional.empty(), Optional.empty(), true);
    try (LogStream log = instance.logs(follow)) {
      while (text.chars().filter(c -> c == '\n').count() < count) {
        Optional<LogLine> line = log.next();
        if (line.isEmpty()) {
          throw new IllegalStateException("it ended, having written " + text);
        }
        text.append(UTF_8.decode(line.get().bytes()));
      }
    }
    return text.toString().lines().limit(count).toList();
  }

  /** Everything that is read from an attachment until its end. */
  public static String read(Attachment attachment) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Optional<LogLine> piece = attachment.read();
        piece.isPresent();
        piece = attachment.read()) {
      text.append(UTF_8.decode(piece.get().bytes()));
    }
    return text.toString();
  }

  @Override
  public void close() throws IOException {
    removeAll();
    engine.close();
    TreeDeletion.delete(root);
    TreeDeletion.delete(EngineOptions.at(root).run());
  }

  /** Removes every instance, whatever it does. */
  public void removeAll() throws IOException {
    for (Instance instance : engine.instances()) {
      remove(instance);
    }
  }

  private static void remove(Instance instance) throws IOException {
    try {
      instance.remove(true, true);
    } catch (EngineException e) {
      // One that is removed after its end may be gone already.
      if (e.kind() != EngineException.Kind.NOT_FOUND) {
        throw e;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the test engine was closed");
    }
  }
}
