package dev.abode.cli.engine;

import dev.abode.cli.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Which process listens on a socket, in a file beside it. The instant at which the process started
 * tells it from a later one that was given the same number.
 */
final class EnginePid implements AutoCloseable {
  private static final int LOOK_MILLIS = 100;

  private final Path file;

  private EnginePid(Path file) {
    this.file = file;
  }

  /** Says that this process listens on {@code socket}; closing takes it back. */
  static EnginePid write(Path socket) throws IOException {
    EnginePid pid = new EnginePid(beside(socket));
    ProcessHandle self = ProcessHandle.current();
    Files.writeString(
        pid.file,
        Json.object()
            .with("pid", Json.of(self.pid()))
            .with("started", started(self))
            .indented("  "));
    return pid;
  }

  /** The process that said so, if it still runs. */
  static Optional<ProcessHandle> read(Path socket) throws IOException {
    String text;
    try {
      text = Files.readString(beside(socket));
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    }
    Json said = Json.parse(text);
    return ProcessHandle.of(said.number("pid"))
        .filter(process -> started(process).equals(said.text("started")));
  }

  /**
   * Returns when the process has ended, whether or not somebody has asked for its exit status: in a
   * container whose first process takes no orphans in, nobody ever does.
   */
  static void awaitEnd(ProcessHandle process) throws IOException, InterruptedException {
    CompletableFuture<ProcessHandle> gone = process.onExit();
    while (true) {
      try {
        gone.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (ExecutionException e) {
        throw new IOException("cannot wait for process " + process.pid(), e);
      } catch (TimeoutException e) {
        if (isZombie(process.pid())) {
          return;
        }
      }
    }
  }

  /** {@code proc_pid_stat(5)}: the state stands behind the name, which may hold anything. */
  private static boolean isZombie(long pid) throws IOException {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.startsWith(" Z", stat.lastIndexOf(')') + 1);
    } catch (NoSuchFileException reaped) {
      return true;
    }
  }

  private static String started(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toString).orElse("");
  }

  private static Path beside(Path socket) {
    return socket.resolveSibling(socket.getFileName() + ".pid");
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
  }
}
