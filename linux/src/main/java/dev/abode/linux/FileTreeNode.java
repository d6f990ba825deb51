package dev.abode.linux;

import dev.abode.linux.FileTreeCalls.Call;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One file of a {@link FileTree}, whatever its kind, held by an {@code O_PATH} descriptor: what is
 * read or changed through it is this very file, whatever its name points to meanwhile. A symbolic
 * link is the link itself.
 *
 * <p>Extended attributes and modes go through {@code /proc/self/fd}, the one way that works on an
 * {@code O_PATH} descriptor of every kind of file.
 */
public final class FileTreeNode implements AutoCloseable {
  private static final int XATTR_SIZE_MAX = 65536;
  private static final int XATTR_LIST_MAX = 65536;
  private static final int PATH_MAX = 4096;

  private final int descriptor;
  private final String path;

  FileTreeNode(int descriptor, String path) {
    this.descriptor = descriptor;
    this.path = path;
  }

  public FileTreeStatus status() throws KernelException {
    return FileTreeCalls.status(descriptor, "");
  }

  /** {@code fchownat(2)}; clears the set-ID bits of a program, so {@link #chmod} comes after. */
  public void chown(long uid, long gid) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      FileTreeCalls.call(
          arena,
          Call.FCHOWNAT,
          shown(),
          descriptor,
          FileTreeCalls.path(arena, ""),
          uid,
          gid,
          FileTreeCalls.AT_EMPTY_PATH);
    }
  }

  /**
   * {@code fchmodat(2)}. A symbolic link has no mode: EOPNOTSUPP.
   *
   * @param permissions the low twelve bits
   */
  public void chmod(int permissions) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      FileTreeCalls.call(
          arena, Call.FCHMODAT, shown(), FileTreeCalls.AT_FDCWD, own(arena), permissions, 0, 0);
    }
  }

  /** {@code utimensat(2)} with nanoseconds. */
  public void times(Instant accessed, Instant modified) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment times = arena.allocate(32, 8);
      times.set(ValueLayout.JAVA_LONG, 0, accessed.getEpochSecond());
      times.set(ValueLayout.JAVA_LONG, 8, accessed.getNano());
      times.set(ValueLayout.JAVA_LONG, 16, modified.getEpochSecond());
      times.set(ValueLayout.JAVA_LONG, 24, modified.getNano());
      FileTreeCalls.call(
          arena,
          Call.UTIMENSAT,
          shown(),
          descriptor,
          FileTreeCalls.path(arena, ""),
          times.address(),
          FileTreeCalls.AT_EMPTY_PATH,
          0);
    }
  }

  /** The target of a symbolic link, as written. */
  public String readLink() throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(PATH_MAX);
      long length =
          FileTreeCalls.call(
              arena,
              Call.READLINKAT,
              shown(),
              descriptor,
              FileTreeCalls.path(arena, ""),
              buffer.address(),
              PATH_MAX,
              0);
      return FileTreeNames.decode(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
    }
  }

  /** {@code setxattr(2)}; the value is bytes, of which file capabilities are made. */
  public void setAttribute(String name, byte[] value) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(Math.max(1, value.length));
      MemorySegment.copy(value, 0, bytes, ValueLayout.JAVA_BYTE, 0, value.length);
      FileTreeCalls.call(
          arena,
          Call.SETXATTR,
          name + " of " + shown(),
          own(arena),
          FileTreeCalls.path(arena, name),
          bytes.address(),
          value.length,
          0);
    }
  }

  /** {@code getxattr(2)}; empty when the file has none by that name or cannot have any. */
  public Optional<byte[]> attribute(String name) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(XATTR_SIZE_MAX);
      long length =
          FileTreeCalls.attempt(
              arena,
              Call.GETXATTR,
              own(arena),
              FileTreeCalls.path(arena, name),
              value.address(),
              XATTR_SIZE_MAX,
              0);
      if (length == -Errno.ENODATA || length == -Errno.EOPNOTSUPP) {
        return Optional.empty();
      }
      if (length < 0) {
        throw new KernelException("getxattr", name + " of " + shown(), (int) -length);
      }
      return Optional.of(value.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
    }
  }

  /** {@code removexattr(2)}; ENODATA when there is none by that name. */
  public void removeAttribute(String name) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      FileTreeCalls.call(
          arena,
          Call.REMOVEXATTR,
          name + " of " + shown(),
          own(arena),
          FileTreeCalls.path(arena, name),
          0,
          0,
          0);
    }
  }

  /** All extended attributes this process may see, by name, in order of name. */
  public Map<String, byte[]> attributes() throws KernelException {
    List<String> names = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment list = arena.allocate(XATTR_LIST_MAX);
      long length =
          FileTreeCalls.attempt(
              arena, Call.LISTXATTR, own(arena), list.address(), XATTR_LIST_MAX, 0, 0);
      if (length == -Errno.EOPNOTSUPP || length == 0) {
        return Map.of();
      }
      if (length < 0) {
        throw new KernelException("listxattr", shown(), (int) -length);
      }
      for (long start = 0, end = 0; end < length; end++) {
        if (list.get(ValueLayout.JAVA_BYTE, end) == 0) {
          names.add(
              FileTreeNames.decode(
                  list.asSlice(start, end - start).toArray(ValueLayout.JAVA_BYTE)));
          start = end + 1;
        }
      }
    }
    Map<String, byte[]> attributes = new TreeMap<>();
    for (String name : names) {
      attribute(name).ifPresent(value -> attributes.put(name, value));
    }
    return attributes;
  }

  private long own(Arena arena) {
    return FileTreeCalls.path(arena, "/proc/self/fd/" + descriptor);
  }

  private String shown() {
    return FileTreeCalls.shown(path);
  }

  @Override
  public void close() {
    FileTreeCalls.close(descriptor);
  }
}
