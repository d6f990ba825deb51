package dev.abode.engine.volume;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.tool.ProgramRun;
import dev.abode.engine.tool.Tool;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** An ext4 file system in a sparse file. */
final class DiskImage {
  private static final Tool MKFS = new Tool("mkfs.ext4", "e2fsprogs");

  /** From here on blocks are as large as a page, and the journal is a small part all the same. */
  private static final long LARGE_BYTES = 512L << 20;

  private static final Duration PATIENCE = Duration.ofMinutes(10);

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
      format(file, sizeBytes);
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  private static void format(Path file, long sizeBytes) throws IOException {
    // No blocks kept for root: the size is the user's. Nothing to zero in a new sparse file. The
    // least journal has 1024 blocks, and what mkfs.ext4 takes for small is its distribution's idea.
    ProgramRun run =
        ProgramRun.of(
            MKFS.require("make a volume with a size limit"),
            List.of(
                "-q",
                "-F",
                "-m",
                "0",
                "-b",
                sizeBytes < LARGE_BYTES ? "1024" : "4096",
                "-E",
                "nodiscard,lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0",
                file.toString()),
            Path.of("/"),
            PATIENCE);
    if (run.status() != 0) {
      throw new EngineException(
          run.output().contains("No space left") ? Kind.EXHAUSTED : Kind.INTERNAL,
          "mkfs.ext4 could not make the file system of a volume (exit status "
              + run.status()
              + "): "
              + run.output().strip());
    }
  }
}
