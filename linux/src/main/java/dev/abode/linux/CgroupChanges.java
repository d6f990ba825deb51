package dev.abode.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Makes moving processes between control groups quick while it is held, on the whole host.
 *
 * <p>A move takes the kernel's {@code cgroup_threadgroup_rwsem} for writing, which waits for a
 * grace period of RCU first: 3 to 12 ms on an idle machine, where the move itself takes 0.02 ms.
 * The mount option {@code favordynmods} ({@code Documentation/admin-guide/cgroup-v2.rst}, Linux
 * 6.0) keeps that lock in the mode in which writers need not wait, at the price of some nanoseconds
 * for every fork and exit. It belongs to a hierarchy but acts on all of them, so this makes a
 * hierarchy of its own, without controllers, without a process in it and without a mount point;
 * nothing of the host's is remounted, and the kernel forgets it when this is closed or the process
 * ends.
 */
public final class CgroupChanges implements AutoCloseable {
  // linux/mount.h
  private static final long FSOPEN_CLOEXEC = 1;
  private static final long FSMOUNT_CLOEXEC = 1;
  private static final long FSCONFIG_SET_FLAG = 0;
  private static final long FSCONFIG_SET_STRING = 1;
  private static final long FSCONFIG_CMD_CREATE = 6;
  // asm-generic/unistd.h, and the same on x86-64
  private static final long SYS_FSOPEN = 430;
  private static final long SYS_FSCONFIG = 431;
  private static final long SYS_FSMOUNT = 432;

  private static final MethodHandle SYSCALL = Native.syscall(5);
  private static final MethodHandle CLOSE = Native.function("close", Native.INT, Native.INT);

  private int mount;

  private CgroupChanges(int mount) {
    this.mount = mount;
  }

  /**
   * Makes moves quick.
   *
   * @param name of the hierarchy, unique on the host; shared with others of the same name
   * @throws KernelException EINVAL before Linux 6.0, EPERM without CAP_SYS_ADMIN
   */
  public static CgroupChanges favor(String name) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment none = MemorySegment.NULL;
      int context =
          call(arena, "fsopen", SYS_FSOPEN, Native.string(arena, "cgroup"), FSOPEN_CLOEXEC);
      try {
        configure(arena, context, FSCONFIG_SET_FLAG, Native.string(arena, "none"), none);
        configure(
            arena,
            context,
            FSCONFIG_SET_STRING,
            Native.string(arena, "name"),
            Native.string(arena, name));
        configure(arena, context, FSCONFIG_SET_FLAG, Native.string(arena, "favordynmods"), none);
        configure(arena, context, FSCONFIG_CMD_CREATE, none, none);
        return new CgroupChanges(
            call(arena, "fsmount", SYS_FSMOUNT, MemorySegment.ofAddress(context), FSMOUNT_CLOEXEC));
      } finally {
        close(arena, context);
      }
    }
  }

  private static void configure(
      Arena arena, int context, long command, MemorySegment key, MemorySegment value)
      throws IOException {
    invoke(arena, "fsconfig", SYS_FSCONFIG, context, command, key.address(), value.address());
  }

  private static int call(Arena arena, String name, long number, MemorySegment first, long second)
      throws IOException {
    return invoke(arena, name, number, first.address(), second, 0, 0);
  }

  private static int invoke(Arena arena, String name, long number, long a, long b, long c, long d)
      throws IOException {
    MemorySegment errno = Native.errnoSegment(arena);
    long result;
    try {
      result = (long) SYSCALL.invokeExact(errno, number, a, b, c, d, 0L);
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
    if (result < 0) {
      throw new KernelException(
          name, "of a cgroup hierarchy with favordynmods", Native.errno(errno));
    }
    return (int) result;
  }

  private static void close(Arena arena, int descriptor) {
    try {
      int ignored = (int) CLOSE.invokeExact(Native.errnoSegment(arena), descriptor);
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  @Override
  public synchronized void close() {
    if (mount >= 0) {
      try (Arena arena = Arena.ofConfined()) {
        close(arena, mount);
      }
      mount = -1;
    }
  }
}
