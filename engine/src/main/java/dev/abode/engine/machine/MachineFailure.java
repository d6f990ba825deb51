package dev.abode.engine.machine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.linux.Errno;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Why a machine ended, from what it said last on its console. */
public final class MachineFailure {
  private static final int LOOKED_AT_BYTES = 32 << 10;
  private static final int MAX_QUOTE = 300;

  private MachineFailure() {}

  /**
   * What to throw for a machine that ended before its workload ran.
   *
   * @param status as a shell gives it
   * @param errno why the agent could not be talked to, or 0
   */
  public static EngineException boot(String name, int status, int errno, Path console) {
    String how =
        errno == 0
            ? "its machine ended with status " + status
            : "its agent could not be talked to: " + Errno.words(errno);
    return new EngineException(
        Kind.INTERNAL,
        "cannot start " + name + ": " + how + lastWords(console).map(w -> "; " + w).orElse(""));
  }

  /** The sentence for a machine that ended under its workload. */
  public static String death(Path console) {
    return "its virtual machine ended before the workload did"
        + lastWords(console).map(w -> "; " + w).orElse(", without a word on its console");
  }

  /** The reason on the console, which is the guest's to write: bounded, and printable only. */
  private static Optional<String> lastWords(Path console) {
    List<String> lines = tail(console).lines().map(MachineFailure::printable).toList();
    Optional<String> panic =
        lines.stream().filter(line -> line.contains("Kernel panic")).reduce((a, b) -> b);
    return panic
        .or(() -> lines.stream().filter(line -> !line.isBlank()).reduce((a, b) -> b))
        .map(line -> "the last of its console: " + line.strip());
  }

  private static String tail(Path console) {
    try (RandomAccessFile file = new RandomAccessFile(console.toFile(), "r")) {
      long length = file.length();
      byte[] bytes = new byte[(int) Math.min(length, LOOKED_AT_BYTES)];
      file.seek(length - bytes.length);
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  private static String printable(String line) {
    String clean = line.replaceAll("[^\\x20-\\x7e]", "");
    return clean.length() > MAX_QUOTE ? clean.substring(0, MAX_QUOTE) + "…" : clean;
  }
}
