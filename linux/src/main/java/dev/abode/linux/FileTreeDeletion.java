package dev.abode.linux;

import java.util.ArrayDeque;
import java.util.Deque;

/** The deletion of trees, which follows no link and crosses no mount point. */
final class FileTreeDeletion {
  /** How deep it goes before it moves what lies deeper up: one descriptor a level. */
  private static final int DEPTH = 64;

  private record Level(int descriptor, String name, Deque<FileTreeEntry> left) {}

  private FileTreeDeletion() {}

  /**
   * Empties an open folder without recursion, since the depth is chosen by whoever filled it. A
   * folder found too deep is renamed into {@code top} and emptied from there.
   */
  static void empty(int top) throws KernelException {
    long hoisted = 0;
    boolean again = true;
    while (again) {
      again = false;
      Deque<Level> levels = new ArrayDeque<>();
      levels.push(
          new Level(top, "", new ArrayDeque<>(FileTreeEntry.all(top, "a folder being deleted"))));
      try {
        while (!levels.isEmpty()) {
          Level level = levels.peek();
          FileTreeEntry entry = level.left.poll();
          if (entry == null) {
            levels.pop();
            Level above = levels.peek();
            if (above != null) {
              FileTreeCalls.close(level.descriptor);
              FileTreeCalls.unlink(above.descriptor, level.name, true);
            }
          } else if (!entry.isDirectory(level.descriptor)) {
            unlinkIfThere(level.descriptor, entry.name());
          } else if (levels.size() < DEPTH) {
            int folder = open(level.descriptor, entry.name());
            levels.push(
                new Level(
                    folder,
                    entry.name(),
                    new ArrayDeque<>(FileTreeEntry.all(folder, entry.name()))));
          } else {
            // A mount point cannot be renamed (EBUSY), so nothing mounted is carried along.
            String hoist = ".deleting-" + System.nanoTime() + hoisted++;
            FileTreeCalls.rename(level.descriptor, entry.name(), top, hoist, 0);
            again = true;
          }
        }
      } finally {
        for (Level level : levels) {
          if (level.descriptor != top) {
            FileTreeCalls.close(level.descriptor);
          }
        }
      }
    }
  }

  /** Another process may delete as well, for example a shim its socket. */
  private static void unlinkIfThere(int folder, String name) throws KernelException {
    try {
      FileTreeCalls.unlink(folder, name, false);
    } catch (KernelException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  /** Opens one folder of a folder, neither through a link nor onto another mount (EXDEV). */
  static int open(int folder, String name) throws KernelException {
    int flags = FileTreeCalls.O_DIRECTORY | FileTreeCalls.O_NOFOLLOW;
    return FileTreeCalls.open(folder, name, flags, 0, FileTree.ONE_NAME);
  }
}
