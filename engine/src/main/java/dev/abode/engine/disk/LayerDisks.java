package dev.abode.engine.disk;

import dev.abode.engine.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A read-only disk for each image layer: an EROFS file made of the unpacked folder, whiteouts and
 * opaque folders included as overlayfs has them. It lies beside that folder, so that it goes with
 * the layer; it is made once, and every machine of the host reads the same pages of it. A guest can
 * alter neither: it has the file read-only, and what it gets wrong concerns its own copy in memory.
 *
 * <p>Not compressed: the pages are shared, and a processor that is emulated unpacks slowly. Safe
 * for many threads.
 */
public final class LayerDisks {
  private static final String NAME = "disk.erofs";
  private static final Tool MKFS = new Tool("mkfs.erofs", "erofs-utils");

  /** Readable for whoever has it in his jail; the folders above are closed to all but root. */
  private static final String READABLE = "r--r--r--";

  private final Map<Path, ReentrantLock> writers = new ConcurrentHashMap<>();

  /**
   * The disks of {@code layers}, in the same order, made where they are missing.
   *
   * @param layers unpacked, each in a folder of its own with room for the disk beside it
   */
  public List<Path> of(List<Path> layers) throws IOException {
    List<Path> disks = new ArrayList<>();
    for (Path layer : layers) {
      disks.add(of(layer));
    }
    return disks;
  }

  /** Where the disk of an unpacked layer is, or will be. */
  public static Path foreseen(Path layer) {
    return layer.resolveSibling(NAME);
  }

  private Path of(Path layer) throws IOException {
    Path disk = foreseen(layer);
    if (Files.exists(disk)) {
      return disk;
    }
    ReentrantLock writer = writers.computeIfAbsent(disk, d -> new ReentrantLock());
    writer.lock();
    try {
      if (!Files.exists(disk)) {
        make(layer, disk);
      }
      return disk;
    } finally {
      writer.unlock();
      writers.remove(disk, writer);
    }
  }

  private static void make(Path layer, Path disk) throws IOException {
    Path unfinished = disk.resolveSibling(NAME + ".new");
    Files.deleteIfExists(unfinished);
    MKFS.run(
        "make a disk of an image layer for a virtual machine",
        // Owners, times and extended attributes as they are; every inode in the form that has
        // nanoseconds and 32-bit owners.
        List.of("-Eforce-inode-extended", unfinished.toString(), layer.toString()));
    Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString(READABLE));
    Files.move(unfinished, disk, StandardCopyOption.ATOMIC_MOVE);
  }
}
