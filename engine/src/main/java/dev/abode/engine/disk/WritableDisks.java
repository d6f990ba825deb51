package dev.abode.engine.disk;

import dev.abode.engine.tool.Tool;
import dev.abode.linux.SparseFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The disks of instances' own: sparse files with an ext4 on them, on which guests keep what they
 * write. Blocks that a guest gives back are given back to the host. All begin as copies of one, the
 * id of the file system included, since to copy what little is written of it takes a tenth of the
 * time that {@code mke2fs} does.
 *
 * <p>Their content is the guests' and is never looked at on the host: nobody probes its format, and
 * no kernel of ours mounts it. Safe for many threads.
 */
public final class WritableDisks {
  private static final Tool MKE2FS = new Tool("mke2fs", "e2fsprogs");

  private final Path blank;
  private final long sizeBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean made;

  /**
   * @param blank a file of ours alone; made once by each object like this, since another release
   *     may make another file system
   * @param sizeBytes of each disk
   */
  public WritableDisks(Path blank, long sizeBytes) {
    this.blank = blank;
    this.sizeBytes = sizeBytes;
  }

  /** Makes {@code disk} if there is none; whole or not at all. */
  public void ensure(Path disk) throws IOException {
    if (Files.exists(disk)) {
      return;
    }
    Path unfinished = disk.resolveSibling(disk.getFileName() + ".new");
    Files.deleteIfExists(unfinished);
    SparseFile.copy(blank(), unfinished);
    Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rw-------"));
    Files.move(unfinished, disk, StandardCopyOption.ATOMIC_MOVE);
  }

  private Path blank() throws IOException {
    lock.lock();
    try {
      if (!made || !Files.exists(blank)) {
        make();
        made = true;
      }
      return blank;
    } finally {
      lock.unlock();
    }
  }

  private void make() throws IOException {
    Files.createDirectories(blank.getParent());
    Path unfinished = blank.resolveSibling(blank.getFileName() + ".new");
    Files.deleteIfExists(unfinished);
    try (RandomAccessFile file = new RandomAccessFile(unfinished.toFile(), "rw")) {
      file.setLength(sizeBytes);
    }
    MKE2FS.run(
        "make the disk of a virtual machine",
        List.of(
            "-q",
            "-F",
            "-t",
            "ext4",
            // Group checksums say which inode tables were never written, so that they stay holes;
            // a checksum over each block of metadata would cost an emulated processor more.
            "-O",
            "uninit_bg,^metadata_csum,^resize_inode",
            "-E",
            "lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=0:0",
            "-m",
            "0",
            "-J",
            "size=16",
            unfinished.toString()));
    Files.move(unfinished, blank, StandardCopyOption.ATOMIC_MOVE);
  }
}
