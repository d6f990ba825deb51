package dev.abode.engine.tool;

import dev.abode.engine.patience.Watchdog;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A run of a program that has come to its end, by itself or because it took too long.
 *
 * @param status its exit status, as a shell tells it
 * @param late whether it took too long, and was killed with all that it had started
 * @param output both streams together, the last 64 KiB of it
 */
public record ProgramRun(int status, boolean late, String output) {
  private static final int MAX_OUTPUT_BYTES = 64 << 10;

  /**
   * Runs a program, with nothing to read and in nobody's language.
   *
   * @param directory its working directory
   * @throws IOException when it cannot be executed
   */
  public static ProgramRun of(
      Path program, List<String> arguments, Path directory, Duration patience) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    AtomicBoolean late = new AtomicBoolean();
    try (InputStream said = process.getInputStream();
        Watchdog _ = Watchdog.over(program + "-patience", patience, () -> kill(process, late))) {
      process.getOutputStream().close();
      String output = end(said);
      return new ProgramRun(process.waitFor(), late.get(), output);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + program + " ran", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** What it has started has its output too, which ends with the last of them. */
  private static void kill(Process process, AtomicBoolean late) {
    late.set(true);
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** The whole stream is read, so that the program is never held up; its end is kept. */
  private static String end(InputStream stream) throws IOException {
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
}
