package dev.abode.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** {@code mount(2)} and {@code umount2(2)} in the mount namespace of this process. */
public final class Mounts {
  /** Flags of {@code mount(2)}, linux/mount.h. */
  public static final long RDONLY = 1;

  public static final long NOSUID = 2;
  public static final long NODEV = 4;
  public static final long NOEXEC = 8;
  public static final long SYNCHRONOUS = 16;
  public static final long REMOUNT = 32;
  public static final long DIRSYNC = 128;
  public static final long NOATIME = 1 << 10;
  public static final long NODIRATIME = 1 << 11;
  public static final long BIND = 1 << 12;
  public static final long REC = 1 << 14;
  public static final long RELATIME = 1 << 21;
  public static final long STRICTATIME = 1 << 24;

  private static final long NR_MOUNT = Native.number(165, 40);
  private static final long NR_UMOUNT2 = Native.number(166, 39);
  private static final MethodHandle SYSCALL = Native.syscall(5);

  private Mounts() {}

  /**
   * {@code mount(2)}.
   *
   * @param source a device, a folder or whatever the file system takes for one
   * @param flags of the constants here
   * @param data options of the file system's own; empty for none
   */
  public static void mount(String source, Path target, String type, long flags, String data)
      throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      call(
          arena,
          "mount",
          source + " on " + target,
          NR_MOUNT,
          Native.string(arena, source).address(),
          Native.string(arena, target.toString()).address(),
          Native.string(arena, type).address(),
          flags,
          data.isEmpty() ? 0 : Native.string(arena, data).address());
    }
  }

  /**
   * Unmounts what is mounted last at {@code target}; a link at its end is not followed.
   *
   * @throws KernelException EBUSY when somebody uses it in this mount namespace, EINVAL when
   *     nothing is mounted there
   */
  public static void unmount(Path target) throws KernelException {
    long noFollow = 8; // UMOUNT_NOFOLLOW of linux/fs.h
    try (Arena arena = Arena.ofConfined()) {
      call(
          arena,
          "umount2",
          target.toString(),
          NR_UMOUNT2,
          Native.string(arena, target.toString()).address(),
          noFollow,
          0,
          0,
          0);
    }
  }

  private static void call(
      Arena arena, String name, String subject, long number, long a, long b, long c, long d, long e)
      throws KernelException {
    MemorySegment errno = Native.errnoSegment(arena);
    long result;
    try {
      result = (long) SYSCALL.invokeExact(errno, number, a, b, c, d, e);
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
    if (result < 0) {
      throw new KernelException(name, subject, Native.errno(errno));
    }
  }
}
