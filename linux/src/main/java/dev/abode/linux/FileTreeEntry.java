package dev.abode.linux;

import dev.abode.linux.FileTreeCalls.Call;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One name in a folder.
 *
 * @param type as the folder tells it, which need not know
 */
record FileTreeEntry(String name, int type) {
  private static final int DT_UNKNOWN = 0;
  private static final int DT_DIR = 4;

  /** All entries of an open folder; {@code struct linux_dirent64} of {@code getdents64(2)}. */
  static List<FileTreeEntry> all(int folder, String path) throws KernelException {
    List<FileTreeEntry> entries = new ArrayList<>();
    MemorySegment buffer = FileTreeCalls.borrowBuffer();
    try (Arena arena = Arena.ofConfined()) {
      FileTreeCalls.call(arena, Call.LSEEK, FileTreeCalls.shown(path), folder, 0, 0, 0, 0);
      while (true) {
        long filled =
            FileTreeCalls.call(
                arena,
                Call.GETDENTS,
                FileTreeCalls.shown(path),
                folder,
                buffer.address(),
                FileTreeCalls.BUFFER_BYTES,
                0,
                0);
        if (filled == 0) {
          return entries;
        }
        for (long at = 0; at < filled; ) {
          int length = buffer.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 16) & 0xffff;
          int type = buffer.get(ValueLayout.JAVA_BYTE, at + 18);
          byte[] field = buffer.asSlice(at + 19, length - 19L).toArray(ValueLayout.JAVA_BYTE);
          int end = 0;
          while (field[end] != 0) {
            end++;
          }
          String name = FileTreeNames.decode(Arrays.copyOf(field, end));
          if (!name.equals(".") && !name.equals("..")) {
            entries.add(new FileTreeEntry(name, type));
          }
          at += length;
        }
      }
    } finally {
      FileTreeCalls.giveBack(buffer);
    }
  }

  boolean isDirectory(int folder) throws KernelException {
    return type == DT_UNKNOWN ? FileTreeCalls.status(folder, name).isDirectory() : type == DT_DIR;
  }
}
