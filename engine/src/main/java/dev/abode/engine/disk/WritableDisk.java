package dev.abode.engine.disk;

import dev.abode.engine.tool.Tool;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * The disk of an instance's own: a sparse file with an ext4 on it, on which the guest keeps what it
 * writes. Blocks that the guest gives back are given back to the host.
 *
 * <p>Its content is the guest's and is never looked at on the host: nobody probes its format, and
 * no kernel of ours mounts it.
 */
public final class WritableDisk {
  private static final Tool MKE2FS = new Tool("mke2fs", "e2fsprogs");

  private WritableDisk() {}

  /** Makes {@code disk} of {@code sizeBytes} if there is none; whole or not at all. */
  public static void ensure(Path disk, long sizeBytes) throws IOException {
    if (Files.exists(disk)) {
      return;
    }
    Path unfinished = disk.resolveSibling(disk.getFileName() + ".new");
    Files.deleteIfExists(unfinished);
    Files.createFile(
        unfinished,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
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
    Files.move(unfinished, disk, StandardCopyOption.ATOMIC_MOVE);
  }
}
