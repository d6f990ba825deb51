package dev.abode.engine.launch;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.machine.MachineDisk;
import dev.abode.engine.machine.Monitor;
import dev.abode.linux.SparseFile;
import dev.abode.linux.SparseFile.Extent;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/**
 * The disk of a running machine as it is at one moment. For that moment the guest stands still, and
 * not for longer if there is more on its disk.
 *
 * <p>Where the file system shares blocks between files that is all. Elsewhere the hypervisor keeps,
 * from the moment on, what the guest overwrites. The engine reads the disk while the guest writes
 * to it, and then puts what was kept over what it has read: a part that was not kept has not
 * changed, and of one that was kept it is no matter what was read. So the hypervisor, which its
 * guest may have taken over, never has the copy itself in its hands.
 */
final class DiskCopy implements AutoCloseable {
  /** The least that QEMU keeps at once, so that no smaller hole is kept as one. */
  private static final long PART_BYTES = 64 << 10;

  /** What a guest that writes without pause has not yet on the host's disk is never nothing. */
  private static final Duration SOON = Duration.ofMillis(20);

  private static final int MOST_SYNCS = 4;

  private final Monitor monitor;
  private final Path disk;
  private final Path overwritten;
  private final Path copy;
  private final boolean shares;
  private List<Extent> parts = List.of();
  private boolean keeping;

  private DiskCopy(Monitor monitor, Path disk, Path copy, boolean shares) {
    this.monitor = monitor;
    this.disk = disk;
    this.overwritten = MachineDisk.overwritten(disk);
    this.copy = copy;
    this.shares = shares;
  }

  /**
   * Finds out how.
   *
   * @param copy must not exist
   */
  static DiskCopy of(Monitor monitor, Path disk, Path copy) throws IOException {
    Files.createFile(copy);
    return new DiskCopy(monitor, disk, copy, SparseFile.share(disk, copy));
  }

  /** Gets ready, while the guest runs. */
  void prepare() throws IOException {
    if (!shares) {
      keeping = true;
      monitor.prepareToKeep();
    }
    // The hypervisor writes its disk back when it is stopped: most of that is done before.
    try (FileChannel written = FileChannel.open(disk, StandardOpenOption.WRITE)) {
      long began = System.nanoTime();
      for (int i = 0; i < MOST_SYNCS; i++) {
        written.force(false);
        long now = System.nanoTime();
        if (now - began < SOON.toNanos()) {
          break;
        }
        began = now;
      }
    }
  }

  /** The moment; the guest is stopped. */
  void moment() throws IOException {
    if (shares) {
      SparseFile.share(disk, copy);
      return;
    }
    monitor.keepOverwritten();
    parts = SparseFile.extents(disk, PART_BYTES);
  }

  /**
   * Finishes the copy, synced, while the guest goes on.
   *
   * @throws EngineException EXHAUSTED when there was no room for what the guest has overwritten
   */
  void complete() throws IOException {
    if (keeping) {
      SparseFile.copy(disk, copy, parts);
      boolean whole = monitor.keptAll();
      monitor.stopKeeping();
      keeping = false;
      if (whole) {
        SparseFile.lay(overwritten, copy);
      }
      SparseFile.empty(overwritten, Files.size(disk));
      if (!whole) {
        throw new EngineException(
            Kind.EXHAUSTED,
            "the disk changed while it was copied, and what was overwritten could not be kept in "
                + overwritten
                + ", most likely because the file system is full; free some space, and take the"
                + " snapshot again");
      }
    }
    try (FileChannel written = FileChannel.open(copy, StandardOpenOption.WRITE)) {
      written.force(true);
    }
  }

  /** Gives up what is not complete. */
  @Override
  public void close() throws IOException {
    if (keeping) {
      forget(monitor, disk);
    }
  }

  /** Ends a copy of {@code disk} that was begun, perhaps by an engine that has died. */
  static void forget(Monitor monitor, Path disk) throws IOException {
    monitor.stopKeeping();
    SparseFile.empty(MachineDisk.overwritten(disk), Files.size(disk));
  }
}
