package dev.abode.engine.tool;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A program that the host's distribution provides.
 *
 * @param program its file name
 * @param debianPackage what to install to have it
 */
public record Tool(String program, String debianPackage) {
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final int MAX_OUTPUT_BYTES = 64 << 10;

  /** Folders are fixed: an engine's PATH may lack sbin, and nobody else's folder is trusted. */
  private static final List<String> FOLDERS =
      List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin");

  /** Where the program is, if it is installed. */
  public Optional<Path> find() {
    return FOLDERS.stream()
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
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
    List<String> command = new ArrayList<>();
    command.add(require(purpose).toString());
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      String output = read(process.getInputStream());
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw failed(purpose, "it did not end within " + PATIENCE.toMinutes() + " minutes", output);
      }
      if (process.exitValue() != 0) {
        throw failed(purpose, "it ended with status " + process.exitValue(), output);
      }
      return output;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + program + " ran", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** The whole stream is read, so that the program is never held up; its end is kept. */
  private static String read(InputStream stream) throws IOException {
    byte[] kept = new byte[0];
    byte[] buffer = new byte[8192];
    int count = stream.read(buffer);
    while (count >= 0) {
      int keep = Math.min(kept.length, MAX_OUTPUT_BYTES - count);
      byte[] next = new byte[keep + count];
      System.arraycopy(kept, kept.length - keep, next, 0, keep);
      System.arraycopy(buffer, 0, next, keep, count);
      kept = next;
      count = stream.read(buffer);
    }
    return new String(kept, StandardCharsets.UTF_8);
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
