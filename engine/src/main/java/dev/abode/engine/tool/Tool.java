package dev.abode.engine.tool;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A program that the host's distribution provides.
 *
 * @param program its file name
 * @param debianPackage what to install to have it
 */
public record Tool(String program, String debianPackage) {
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /** Folders are fixed: an engine's PATH may lack sbin, and nobody else's folder is trusted. */
  private static final List<String> FOLDERS =
      List.of("usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin");

  /** Where the program is, if it is installed. */
  public Optional<Path> find() {
    return find(Path.of("/"));
  }

  /**
   * Where the program is on a host whose files are elsewhere, as that host calls it.
   *
   * @param top its root folder
   */
  public Optional<Path> find(Path top) {
    return FOLDERS.stream()
        .filter(folder -> Files.isExecutable(top.resolve(folder).resolve(program)))
        .map(folder -> Path.of("/", folder, program))
        .findFirst();
  }

  /**
   * Where the program is.
   *
   * @param purpose what needs it, as in "cannot PURPOSE"
   * @throws EngineException UNSUPPORTED when it is not installed
   */
  public Path require(String purpose) {
    return find()
        .orElseThrow(
            () ->
                new EngineException(
                    Kind.UNSUPPORTED,
                    "cannot "
                        + purpose
                        + ": "
                        + program
                        + " is not installed; install the package "
                        + debianPackage));
  }

  /** As {@link #run(Path, String, List)} in the root folder. */
  public String run(String purpose, List<String> arguments) throws IOException {
    return run(Path.of("/"), purpose, arguments);
  }

  /**
   * Runs the program and returns what it said, both streams together, at most 64 KiB of it.
   *
   * @param directory its working directory
   * @throws EngineException UNSUPPORTED when it is not installed, INTERNAL when it fails or takes
   *     more than ten minutes, with the end of what it said
   */
  public String run(Path directory, String purpose, List<String> arguments) throws IOException {
    ProgramRun run = ProgramRun.of(require(purpose), arguments, directory, PATIENCE);
    if (run.late()) {
      throw failed(
          purpose, "it did not end within " + PATIENCE.toMinutes() + " minutes", run.output());
    }
    if (run.status() != 0) {
      throw failed(purpose, "it ended with status " + run.status(), run.output());
    }
    return run.output();
  }

  private EngineException failed(String purpose, String how, String output) {
    String said = output.strip();
    int from = Math.max(0, said.length() - 600);
    return new EngineException(
        Kind.INTERNAL,
        "cannot "
            + purpose
            + ": "
            + program
            + " failed, "
            + how
            + (said.isEmpty() ? "" : "; it said: " + said.substring(from)));
  }
}
