package dev.abode.engine.criu;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A run of criu that came to its end.
 *
 * @param output both streams together, the first {@value #MAX_BYTES} bytes of it
 */
record CriuRun(int status, String output) {
  private static final int MAX_BYTES = 64 << 10;
  private static final int PATIENCE_SECONDS = 60;
  private static final int MAX_ERRORS = 3;

  /** The source file and line in front of the words are nobody's business. */
  private static final Pattern ERROR = Pattern.compile("Error \\([^)]*\\): (.*)");

  static CriuRun of(Path program, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command)
            .directory(Path.of("/").toFile())
            .redirectErrorStream(true)
            .start();
    try (InputStream said = process.getInputStream()) {
      process.getOutputStream().close();
      String output = new String(said.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return new CriuRun(1, "Error (criu): it does not end");
      }
      return new CriuRun(process.exitValue(), output);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while criu ran", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** What criu gives as reasons in its log; "nothing" when there is no such file. */
  static String errors(Path log) throws IOException {
    if (!Files.exists(log)) {
      return errors("");
    }
    try (InputStream file = Files.newInputStream(log)) {
      return errors(new String(file.readNBytes(MAX_BYTES), StandardCharsets.UTF_8));
    }
  }

  static String errors(String said) {
    List<String> errors = new ArrayList<>();
    Matcher matcher = ERROR.matcher(said);
    while (matcher.find()) {
      String words = matcher.group(1).strip();
      // It tries what it can do without, and ends with no news.
      boolean reason =
          !words.startsWith("rlimit:") && !words.startsWith("tun:") && !words.endsWith("FAILED.");
      if (reason && errors.size() < MAX_ERRORS) {
        errors.add(words);
      }
    }
    return errors.isEmpty() ? "nothing" : String.join("; ", errors);
  }
}
