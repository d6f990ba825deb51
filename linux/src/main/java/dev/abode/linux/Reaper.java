package dev.abode.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Collects spawned children, so that none stays a zombie. One platform thread waits on their pidfds
 * ({@code epoll(7)}): {@code wait(2)} for any child would take those of {@link ProcessBuilder}, and
 * a thread for each would be dear.
 */
final class Reaper {
  private static final long NR_PIDFD_OPEN = 434;
  private static final int EPOLL_CLOEXEC = 0x80000;
  private static final int EPOLL_CTL_ADD = 1;
  private static final int EPOLLIN = 1;
  private static final int WNOHANG = 1;

  /** {@code struct epoll_event} of sys/epoll.h is packed on x86-64: 12 bytes, elsewhere 16. */
  private static final long EVENT_BYTES = Native.number(12, 16);

  private static final MethodHandle PIDFD_OPEN = Native.syscall(2);
  private static final MethodHandle EPOLL_CREATE =
      Native.function("epoll_create1", Native.INT, Native.INT);
  private static final MethodHandle EPOLL_CTL =
      Native.function("epoll_ctl", Native.INT, Native.INT, Native.INT, Native.INT, Native.POINTER);
  private static final MethodHandle EPOLL_WAIT =
      Native.function("epoll_wait", Native.INT, Native.INT, Native.POINTER, Native.INT, Native.INT);
  private static final MethodHandle WAITPID =
      Native.function("waitpid", Native.INT, Native.INT, Native.POINTER, Native.INT);

  private static final Map<Integer, Child> CHILDREN = new ConcurrentHashMap<>();
  private static final int EPOLL = begin();

  /** One that was not collected yet. */
  private record Child(Descriptor descriptor, CountDownLatch collected) {}

  private Reaper() {}

  private static int begin() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      int epoll = (int) EPOLL_CREATE.invokeExact(errno, EPOLL_CLOEXEC);
      if (epoll < 0) {
        throw new IllegalStateException("epoll_create1: " + Errno.words(Native.errno(errno)));
      }
      Thread.ofPlatform().daemon().name("abode-reaper").start(() -> reap(epoll));
      return epoll;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  /** Takes charge of {@code pid}, a child that was just spawned. */
  static void adopt(int pid) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      long number = (long) PIDFD_OPEN.invokeExact(errno, NR_PIDFD_OPEN, (long) pid, 0L);
      if (number < 0) {
        throw new KernelException("pidfd_open", "process " + pid, Native.errno(errno));
      }
      Descriptor child = Descriptor.own((int) number);
      CHILDREN.put(pid, new Child(child, new CountDownLatch(1)));
      MemorySegment event = arena.allocate(16, 8);
      event.set(ValueLayout.JAVA_INT, 0, EPOLLIN);
      event.set(ValueLayout.JAVA_INT_UNALIGNED, EVENT_BYTES - 8, pid);
      if ((int) EPOLL_CTL.invokeExact(errno, EPOLL, EPOLL_CTL_ADD, child.number(), event) < 0) {
        int error = Native.errno(errno);
        CHILDREN.remove(pid);
        child.close();
        throw new KernelException("epoll_ctl", "process " + pid, error);
      }
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  /**
   * Waits until {@code pid} has ended and is collected.
   *
   * @return false when it has not ended in time
   */
  static boolean await(int pid, Duration patience) throws InterruptedException {
    Child child = CHILDREN.get(pid);
    return child == null || child.collected().await(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  @SuppressWarnings("InfiniteLoopStatement") // a daemon thread: it ends with the JVM
  private static void reap(int epoll) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      MemorySegment event = arena.allocate(16, 8);
      while (true) {
        if ((int) EPOLL_WAIT.invokeExact(errno, epoll, event, 1, -1) != 1) {
          continue; // EINTR
        }
        int pid = event.get(ValueLayout.JAVA_INT_UNALIGNED, EVENT_BYTES - 8);
        int _ = (int) WAITPID.invokeExact(errno, pid, MemorySegment.NULL, WNOHANG);
        Child child = CHILDREN.remove(pid);
        if (child != null) {
          child.descriptor().close(); // which takes it out of the epoll set as well
          child.collected().countDown();
        }
      }
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }
}
