package dev.abode.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A process for good: its pid alone may come to mean another one after it ended.
 *
 * @param startTicks field 22 of {@code /proc/PID/stat}: clock ticks from boot to its start
 */
public record ProcessIdentity(int pid, long startTicks) {
  private static final long NR_PIDFD_SEND_SIGNAL = 424;
  private static final long NR_PIDFD_OPEN = 434;
  private static final MethodHandle PIDFD_OPEN = Native.syscall(2);
  private static final MethodHandle PIDFD_SEND_SIGNAL = Native.syscall(4);

  /** {@code PF_EXITING} of linux/sched.h: it has begun to end, and is no zombie yet. */
  private static final long EXITING = 0x4;

  /** Who has {@code pid} now; empty when nobody has, a zombie counting as somebody. */
  public static Optional<ProcessIdentity> of(int pid) {
    return statusOf(pid).map(fields -> identity(pid, fields));
  }

  private static ProcessIdentity identity(int pid, String[] fields) {
    return new ProcessIdentity(pid, Long.parseLong(fields[22 - 3]));
  }

  /** The fields of {@code /proc/PID/stat} from the third, the state, on. */
  private static Optional<String[]> statusOf(int pid) {
    String stat;
    try {
      stat =
          Files.readString(
              Path.of("/proc", Integer.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // ESRCH: it ended while it was read
    }
    // Field 2, the name in brackets, may hold anything, brackets and spaces included.
    return Optional.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
  }

  /** Whether this very process still runs: neither gone, nor a zombie, nor about to end. */
  public boolean isRunning() {
    return statusOf(pid)
        .filter(fields -> identity(pid, fields).equals(this))
        .filter(fields -> !"ZXx".contains(fields[0]))
        .filter(fields -> (Long.parseLong(fields[9 - 3]) & EXITING) == 0)
        .isPresent();
  }

  /** Whether this very process still exists, be it as a zombie. */
  public boolean exists() {
    return of(pid).equals(Optional.of(this));
  }

  /**
   * Sends {@code signal} of {@code signal(7)} to this process and no other.
   *
   * @return whether it still existed
   */
  public boolean signal(int signal) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      long number = (long) PIDFD_OPEN.invokeExact(errno, NR_PIDFD_OPEN, (long) pid, 0L);
      if (number < 0) {
        return missing("pidfd_open", Native.errno(errno));
      }
      try (Descriptor process = Descriptor.own((int) number)) {
        // Looked at after the descriptor exists: from here on it cannot mean another process.
        if (!exists()) {
          return false;
        }
        long sent =
            (long)
                PIDFD_SEND_SIGNAL.invokeExact(
                    errno, NR_PIDFD_SEND_SIGNAL, (long) process.number(), (long) signal, 0L, 0L);
        return sent >= 0 || missing("pidfd_send_signal", Native.errno(errno));
      }
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  private boolean missing(String call, int errno) throws KernelException {
    if (errno == Errno.ESRCH) {
      return false;
    }
    throw new KernelException(call, "process " + pid, errno);
  }
}
