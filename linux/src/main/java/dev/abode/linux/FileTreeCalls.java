package dev.abode.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The file calls of {@link FileTree}, all through {@code syscall(2)}: one linked method handle
 * instead of thirty, which is most of the cost of a first call, and no dependency on how new the C
 * library is ({@code openat2} has no wrapper in glibc).
 *
 * <p>Numbers and flags are those of {@code asm/unistd.h} and {@code asm/fcntl.h}; x86-64 and arm64
 * differ in both.
 */
final class FileTreeCalls {
  private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");
  private static final MethodHandle SYSCALL = Native.syscall(6);

  /** One system call: its manual name and its number on this machine. */
  enum Call {
    READ("read", 0, 63),
    CLOSE("close", 3, 57),
    LSEEK("lseek", 8, 62),
    PREAD("pread", 17, 67),
    PWRITE("pwrite", 18, 68),
    FSYNC("fsync", 74, 82),
    FTRUNCATE("ftruncate", 77, 46),
    FCHMOD("fchmod", 91, 52),
    SETXATTR("setxattr", 188, 5),
    GETXATTR("getxattr", 191, 8),
    LISTXATTR("listxattr", 194, 11),
    REMOVEXATTR("removexattr", 197, 14),
    GETDENTS("getdents64", 217, 61),
    OPENAT("openat", 257, 56),
    MKDIRAT("mkdirat", 258, 34),
    MKNODAT("mknodat", 259, 33),
    FCHOWNAT("fchownat", 260, 54),
    UNLINKAT("unlinkat", 263, 35),
    LINKAT("linkat", 265, 37),
    SYMLINKAT("symlinkat", 266, 36),
    READLINKAT("readlinkat", 267, 78),
    FCHMODAT("fchmodat", 268, 53),
    UTIMENSAT("utimensat", 280, 88),
    SYNCFS("syncfs", 306, 267),
    RENAMEAT2("renameat2", 316, 276),
    STATX("statx", 332, 291),
    OPENAT2("openat2", 437, 437);

    final String words;
    final int number;

    Call(String words, int intel, int arm) {
      this.words = words;
      this.number = ARM ? arm : intel;
    }
  }

  static final int AT_FDCWD = -100;
  static final int AT_SYMLINK_NOFOLLOW = 0x100;
  static final int AT_REMOVEDIR = 0x200;
  static final int AT_EMPTY_PATH = 0x1000;

  static final int O_WRONLY = 1;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0x40;
  static final int O_EXCL = 0x80;
  static final int O_TRUNC = 0x200;
  static final int O_NONBLOCK = 0x800;
  static final int O_DIRECTORY = ARM ? 0x4000 : 0x10000;
  static final int O_NOFOLLOW = ARM ? 0x8000 : 0x20000;
  static final int O_CLOEXEC = 0x80000;
  static final int O_PATH = 0x200000;

  /** {@code linux/openat2.h}. */
  static final int RESOLVE_NO_XDEV = 0x01;

  static final int RESOLVE_NO_MAGICLINKS = 0x02;
  static final int RESOLVE_NO_SYMLINKS = 0x04;
  static final int RESOLVE_BENEATH = 0x08;
  static final int RESOLVE_IN_ROOT = 0x10;

  static final int SEEK_DATA = 3;
  static final int SEEK_HOLE = 4;

  private static final int STATX_BASIC_STATS = 0x7ff;
  private static final int STATX_MNT_ID = 0x1000;
  private static final int STATX_BYTES = 256;

  /** Size of one pooled transfer buffer, in bytes. */
  static final int BUFFER_BYTES = 128 * 1024;

  /**
   * Transfer buffers for content. Pooled because a zeroed allocation for every small file of a
   * layer costs more than the write itself; never freed, as many as threads wrote at once.
   */
  private static final ConcurrentLinkedQueue<MemorySegment> BUFFERS = new ConcurrentLinkedQueue<>();

  private FileTreeCalls() {}

  static MemorySegment borrowBuffer() {
    MemorySegment pooled = BUFFERS.poll();
    return pooled != null ? pooled : Arena.ofAuto().allocate(BUFFER_BYTES);
  }

  static void giveBack(MemorySegment buffer) {
    BUFFERS.add(buffer);
  }

  /** The result of a call, or minus its {@code errno}, as the kernel itself returns it. */
  static long attempt(Arena arena, Call call, long a, long b, long c, long d, long e) {
    MemorySegment capture = Native.errnoSegment(arena);
    long result;
    do {
      try {
        result = (long) SYSCALL.invokeExact(capture, (long) call.number, a, b, c, d, e, 0L);
      } catch (Throwable thrown) {
        throw Native.impossible(thrown);
      }
      // close(2) has given the descriptor back even when it says EINTR; another thread may own the
      // number by now.
    } while (result < 0 && Native.errno(capture) == Errno.EINTR && call != Call.CLOSE);
    return result < 0 ? -Native.errno(capture) : result;
  }

  static long call(Arena arena, Call call, String subject, long a, long b, long c, long d, long e)
      throws KernelException {
    long result = attempt(arena, call, a, b, c, d, e);
    if (result < 0) {
      throw new KernelException(call.words, subject, (int) -result);
    }
    return result;
  }

  /** A path as the NUL-terminated bytes the kernel wants, see {@link FileTreeNames}. */
  static long path(Arena arena, String path) {
    byte[] bytes = FileTreeNames.encode(path);
    MemorySegment segment = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return segment.address();
  }

  /** {@code openat2(2)}; the result is a descriptor or minus an {@code errno}. */
  static long openat2(Arena arena, int directory, String path, int flags, int mode, int resolve) {
    MemorySegment how = arena.allocate(24, 8);
    how.set(ValueLayout.JAVA_LONG, 0, flags | O_CLOEXEC);
    how.set(ValueLayout.JAVA_LONG, 8, mode);
    how.set(ValueLayout.JAVA_LONG, 16, resolve);
    long name = path(arena, path.isEmpty() ? "." : path);
    long result;
    do {
      result = attempt(arena, Call.OPENAT2, directory, name, how.address(), 24, 0);
      // A rename elsewhere in the tree raced with the resolution of "..": the kernel asks to
      // repeat.
    } while (result == -Errno.EAGAIN);
    return result;
  }

  static int open(int directory, String path, int flags, int mode, int resolve)
      throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      long result = openat2(arena, directory, path, flags, mode, resolve);
      if (result < 0) {
        throw new KernelException("open", shown(path), (int) -result);
      }
      return (int) result;
    }
  }

  static void close(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      // Nothing that is written through these descriptors reports its failure only here: what must
      // be durable was fsynced.
      long ignored = attempt(arena, Call.CLOSE, descriptor, 0, 0, 0, 0);
    }
  }

  /** {@code renameat2(2)}. */
  static void rename(int fromDirectory, String from, int toDirectory, String to, int flags)
      throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      call(
          arena,
          Call.RENAMEAT2,
          shown(from) + " to " + shown(to),
          fromDirectory,
          path(arena, from),
          toDirectory,
          path(arena, to),
          flags);
    }
  }

  /** {@code unlinkat(2)}. */
  static void unlink(int directory, String name, boolean isDirectory) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      call(
          arena,
          Call.UNLINKAT,
          shown(name),
          directory,
          path(arena, name),
          isDirectory ? AT_REMOVEDIR : 0,
          0,
          0);
    }
  }

  /** {@code statx(2)} of an open descriptor ({@code name} empty) or of one entry of a directory. */
  static FileTreeStatus status(int descriptor, String name) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(STATX_BYTES, 8);
      call(
          arena,
          Call.STATX,
          shown(name),
          descriptor,
          path(arena, name),
          AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH,
          STATX_BASIC_STATS | STATX_MNT_ID,
          buffer.address());
      // struct statx, linux/stat.h
      int mode = buffer.get(ValueLayout.JAVA_SHORT, 28) & 0xffff;
      return new FileTreeStatus(
          FileTreeStatus.Kind.of(mode),
          mode & 07777,
          Integer.toUnsignedLong(buffer.get(ValueLayout.JAVA_INT, 20)),
          Integer.toUnsignedLong(buffer.get(ValueLayout.JAVA_INT, 24)),
          buffer.get(ValueLayout.JAVA_LONG, 40),
          buffer.get(ValueLayout.JAVA_LONG, 48) * 512,
          Integer.toUnsignedLong(buffer.get(ValueLayout.JAVA_INT, 16)),
          buffer.get(ValueLayout.JAVA_LONG, 32),
          device(buffer, 136),
          device(buffer, 128),
          time(buffer, 112),
          time(buffer, 64),
          time(buffer, 96),
          buffer.get(ValueLayout.JAVA_LONG, 144));
    }
  }

  private static FileTreeStatus.Device device(MemorySegment statx, long offset) {
    return new FileTreeStatus.Device(
        Integer.toUnsignedLong(statx.get(ValueLayout.JAVA_INT, offset)),
        Integer.toUnsignedLong(statx.get(ValueLayout.JAVA_INT, offset + 4)));
  }

  private static java.time.Instant time(MemorySegment statx, long offset) {
    return java.time.Instant.ofEpochSecond(
        statx.get(ValueLayout.JAVA_LONG, offset), statx.get(ValueLayout.JAVA_INT, offset + 8));
  }

  /** A path for a message: the root has a name too, and a hostile name cannot forge a new line. */
  static String shown(String path) {
    if (path.isEmpty()) {
      return "the folder itself";
    }
    StringBuilder shown = new StringBuilder("\"");
    path.codePoints()
        .limit(300)
        .forEach(c -> shown.appendCodePoint(Character.isISOControl(c) ? '?' : c));
    return shown.append('"').toString();
  }
}
