package dev.abode.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open file descriptor that this object owns. Closed on exec, and numbered from {@value #LOWEST}
 * up, so that it never is in the way of the low numbers a {@link Spawn} hands out.
 */
public final class Descriptor implements AutoCloseable {
  static final int LOWEST = 16;

  /** {@code F_DUPFD_CLOEXEC} of linux/fcntl.h. */
  private static final int DUPLICATE_FROM = 1030;

  private static final MethodHandle CLOSE = Native.function("close", Native.INT, Native.INT);
  private static final MethodHandle FCNTL = Native.syscall(3);

  /** {@code __NR_fcntl}: x86-64 has a table of its own, arm64 the generic one. */
  private static final long NR_FCNTL = Native.number(72, 25);

  private final int number;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Descriptor(int number) {
    this.number = number;
  }

  /** Takes over {@code number}, which a system call has just returned. */
  static Descriptor own(int number) throws KernelException {
    if (number >= LOWEST) {
      return new Descriptor(number);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      long moved =
          (long)
              FCNTL.invokeExact(
                  errno, NR_FCNTL, (long) number, (long) DUPLICATE_FROM, (long) LOWEST);
      int error = Native.errno(errno);
      close(number);
      if (moved < 0) {
        throw new KernelException("fcntl", "descriptor " + number, error);
      }
      return new Descriptor((int) moved);
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  int number() {
    return number;
  }

  /** Where any process that may look into this one finds the open file, while it is open. */
  public Path path() {
    return Path.of("/proc", Long.toString(ProcessHandle.current().pid()), "fd", "" + number);
  }

  /** Idempotent. What {@code close(2)} reports is of no use: the number is free either way. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      close(number);
    }
  }

  private static void close(int number) {
    try (Arena arena = Arena.ofConfined()) {
      int _ = (int) CLOSE.invokeExact(Native.errnoSegment(arena), number);
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }
}
