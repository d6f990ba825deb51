package dev.abode.engine.launch;

import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeStatus;
import java.io.IOException;
import java.nio.file.Path;

/** What saved memories and disks take of the store. */
final class SavedFiles {
  private SavedFiles() {}

  /** The bytes that the files in {@code folder} take, without their holes. */
  static long bytes(Path folder) throws IOException {
    try (FileTree tree = FileTree.open(folder)) {
      long bytes = 0;
      for (String name : tree.list("/")) {
        bytes += tree.statusWithoutLinks("/" + name).map(FileTreeStatus::allocatedBytes).orElse(0L);
      }
      return bytes;
    }
  }
}
