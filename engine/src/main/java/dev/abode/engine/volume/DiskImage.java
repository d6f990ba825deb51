package dev.abode.engine.volume;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** An ext4 file system in a sparse file. */
final class DiskImage {
  private DiskImage() {}

  /**
   * Makes {@code file}, which must not be there yet.
   *
   * @throws EngineException UNSUPPORTED when this host cannot make file systems
   */
  static void make(Path file, long sizeBytes) throws IOException {
    Files.createFile(file);
    try {
      try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
        disk.setLength(sizeBytes);
      }
      format(file);
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  private static void format(Path file) throws IOException {
    // No blocks kept for root: the size is the user's. Nothing to zero in a new sparse file.
    List<String> command =
        List.of(
            "mkfs.ext4",
            "-q",
            "-F",
            "-m",
            "0",
            "-E",
            "nodiscard,lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0",
            file.toString());
    Process process;
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
      process = builder.start();
    } catch (IOException e) {
      throw new EngineException(
          Kind.UNSUPPORTED,
          "a volume with a size limit needs mkfs.ext4, which cannot be run: "
              + e.getMessage()
              + "; install e2fsprogs",
          e);
    }
    try {
      process.getOutputStream().close();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      int status = process.waitFor();
      if (status != 0) {
        throw new EngineException(
            output.contains("No space left") ? Kind.EXHAUSTED : Kind.INTERNAL,
            "mkfs.ext4 could not make the file system of a volume (exit status "
                + status
                + "): "
                + output);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new EngineException(
          Kind.UNAVAILABLE, "interrupted while the file system of a volume was made", e);
    }
  }
}
