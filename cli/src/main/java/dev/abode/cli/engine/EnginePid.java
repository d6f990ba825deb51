package dev.abode.cli.engine;

import dev.abode.cli.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * Which process listens on a socket, in a file beside it. The instant at which the process started
 * tells it from a later one that was given the same number.
 */
final class EnginePid implements AutoCloseable {
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
