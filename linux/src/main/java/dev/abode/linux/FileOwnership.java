package dev.abode.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Work whose new files belong to somebody else from the first moment, {@code setfsuid(2)}.
 *
 * <p>Needed where the files of this process' own user cannot even exist: on an id-mapped mount that
 * maps no id to root, making a file as root fails with EOVERFLOW, whatever would be done to its
 * owner afterwards.
 */
public final class FileOwnership {
  private static final MethodHandle SYSCALL = Native.syscall(6);
  private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");
  private static final int SETFSUID = ARM ? 151 : 122;
  private static final int SETFSGID = ARM ? 152 : 123;
  private static final int PRCTL = ARM ? 167 : 157;

  /** {@code linux/prctl.h}, {@code linux/securebits.h}. */
  private static final int PR_GET_SECUREBITS = 27;

  private static final int PR_SET_SECUREBITS = 28;
  private static final int SECBIT_NO_SETUID_FIXUP = 1 << 2;

  private FileOwnership() {}

  /** Something to do that may fail as file work does. */
  @FunctionalInterface
  public interface Work<T> {
    T run() throws IOException;
  }

  /**
   * Does {@code work} on a thread of its own whose files belong to {@code uid} and {@code gid} and
   * which keeps every capability, and waits for it. An interrupt is passed on to the work.
   *
   * @throws KernelException when the kernel does not allow the change; the work was not begun
   */
  public static <T> T as(long uid, long gid, Work<T> work) throws IOException {
    Run<T> run = new Run<>(uid, gid, work);
    // These ids are a thread's own, so a carrier shared by virtual threads must not get them.
    Thread thread = Thread.ofPlatform().name("files of " + uid + ":" + gid).start(run);
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
        thread.interrupt();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return run.outcome.value();
  }

  private sealed interface Outcome<T> {
    T value() throws IOException;
  }

  private record Done<T>(T value) implements Outcome<T> {}

  private record Failed<T>(Throwable cause) implements Outcome<T> {
    @Override
    public T value() throws IOException {
      switch (cause) {
        case IOException failure -> throw failure;
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        default -> throw new AssertionError(cause);
      }
    }
  }

  private static final class Run<T> implements Runnable {
    private final long uid;
    private final long gid;
    private final Work<T> work;
    private Outcome<T> outcome = new Failed<>(new IllegalStateException("the work never ran"));

    Run(long uid, long gid, Work<T> work) {
      this.uid = uid;
      this.gid = gid;
      this.work = work;
    }

    @Override
    public void run() {
      try {
        become();
        outcome = new Done<>(work.run());
      } catch (Throwable thrown) {
        outcome = new Failed<>(thrown);
      }
    }

    private void become() throws KernelException {
      String subject = "files of " + uid + ":" + gid;
      // Without this bit the kernel takes CAP_CHOWN, CAP_DAC_OVERRIDE and their like away together
      // with user 0, capabilities(7). The thread ends with the work, so nothing is put back.
      long bits = call("prctl", subject, PRCTL, PR_GET_SECUREBITS, 0);
      call("prctl", subject, PRCTL, PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP);
      call("setfsgid", subject, SETFSGID, gid, 0);
      call("setfsuid", subject, SETFSUID, uid, 0);
      // These two report no failure; asking for an impossible id tells the present one.
      if (call("setfsgid", subject, SETFSGID, -1, 0) != gid
          || call("setfsuid", subject, SETFSUID, -1, 0) != uid) {
        throw new KernelException("setfsuid", subject, Errno.EPERM);
      }
    }
  }

  private static long call(String name, String subject, int number, long a, long b)
      throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = Native.errnoSegment(arena);
      long result = (long) SYSCALL.invokeExact(capture, (long) number, a, b, 0L, 0L, 0L, 0L);
      if (result < 0) {
        throw new KernelException(name, subject, Native.errno(capture));
      }
      return result;
    } catch (KernelException e) {
      throw e;
    } catch (Throwable thrown) {
      throw Native.impossible(thrown);
    }
  }
}
