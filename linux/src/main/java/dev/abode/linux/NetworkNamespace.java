package dev.abode.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A network namespace of {@code network_namespaces(7)}, kept by an open descriptor: it lasts at
 * least until this is closed, whatever its processes do.
 *
 * <p>A socket belongs for ever to the namespace of the thread that made it. So what is opened
 * within {@link #call}, channels of {@code java.nio} included, is usable from any thread later and
 * still listens and sends in here. And it keeps the namespace, with its interfaces, alive until it
 * is closed.
 */
public final class NetworkNamespace implements AutoCloseable {
  /** {@code CLONE_NEWNET} of linux/sched.h. */
  private static final int NETWORK = 0x40000000;

  /** {@code O_RDONLY | O_CLOEXEC} of fcntl.h. */
  private static final int READ_ONLY_CLOEXEC = 0x80000;

  /** {@code AT_FDCWD} of fcntl.h. */
  private static final long WORKING_DIRECTORY = -100;

  private static final long NR_OPENAT = Native.number(257, 56);
  private static final MethodHandle OPENAT = Native.syscall(3);
  private static final MethodHandle SETNS =
      Native.function("setns", Native.INT, Native.INT, Native.INT);

  /** What is done within a namespace. */
  @FunctionalInterface
  public interface Work<T> {
    T run() throws IOException;
  }

  private final Path path;
  private final Descriptor descriptor;

  private NetworkNamespace(Path path, Descriptor descriptor) {
    this.path = path;
    this.descriptor = descriptor;
  }

  /** The namespace of a process that is known to be alive. */
  public static NetworkNamespace ofProcess(int pid) throws KernelException {
    return at(Path.of("/proc", Integer.toString(pid), "ns", "net"));
  }

  /** The namespace behind a file of {@code nsfs}, in /proc or bound somewhere. */
  public static NetworkNamespace at(Path path) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      long number =
          (long)
              OPENAT.invokeExact(
                  errno,
                  NR_OPENAT,
                  WORKING_DIRECTORY,
                  Native.string(arena, path.toString()).address(),
                  (long) READ_ONLY_CLOEXEC);
      if (number < 0) {
        throw new KernelException("open", path.toString(), Native.errno(errno));
      }
      return new NetworkNamespace(path, Descriptor.own((int) number));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  /**
   * Runs {@code work} in this namespace and waits for it. The thread is made for it and ends with
   * it, so neither a failed return nor the JVM's own threads ever are in the wrong namespace.
   */
  public <T> T call(Work<T> work) throws IOException {
    FutureTask<T> task =
        new FutureTask<>(
            () -> {
              enter();
              return work.run();
            });
    Thread thread = Thread.ofPlatform().name("netns").daemon().start(task);
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw rethrown(e);
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted in the network namespace " + path, e);
    }
  }

  private static IOException rethrown(ExecutionException e) {
    return switch (e.getCause()) {
      case RuntimeException unchecked -> throw unchecked;
      case Error error -> throw error;
      case IOException failure -> failure;
      case null, default -> new IOException(e);
    };
  }

  private void enter() throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      if ((int) SETNS.invokeExact(errno, descriptor.number(), NETWORK) < 0) {
        throw new KernelException("setns", path.toString(), Native.errno(errno));
      }
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
