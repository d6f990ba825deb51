package dev.abode.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A listening unix socket made for another process. The JDK's own server channels do not let their
 * descriptor be handed on; whoever connects here before that process accepts waits in the kernel's
 * queue, so there is no moment at which a connection would be refused.
 */
public final class UnixListener {
  /** The longest path, in bytes: {@code sun_path} of {@code unix(7)} without its terminator. */
  public static final int MAX_PATH_BYTES = 107;

  private static final short AF_UNIX = 1;
  private static final int SOCK_STREAM_CLOEXEC = 1 | 0x80000;
  private static final int BACKLOG = 128;

  private static final MethodHandle SOCKET =
      Native.function("socket", Native.INT, Native.INT, Native.INT, Native.INT);
  private static final MethodHandle BIND =
      Native.function("bind", Native.INT, Native.INT, Native.POINTER, Native.INT);
  private static final MethodHandle LISTEN =
      Native.function("listen", Native.INT, Native.INT, Native.INT);

  private UnixListener() {}

  /**
   * Binds and listens at {@code path}, which must not exist.
   *
   * @throws IllegalArgumentException when the path is longer than {@link #MAX_PATH_BYTES}
   */
  public static Descriptor listen(Path path) throws KernelException {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    if (name.length > MAX_PATH_BYTES) {
      throw new IllegalArgumentException(
          "a socket path has at most "
              + MAX_PATH_BYTES
              + " bytes, not "
              + name.length
              + ": "
              + path);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      int number = (int) SOCKET.invokeExact(errno, (int) AF_UNIX, SOCK_STREAM_CLOEXEC, 0);
      if (number < 0) {
        throw new KernelException("socket", path.toString(), Native.errno(errno));
      }
      Descriptor socket = Descriptor.own(number);
      MemorySegment address = arena.allocate(2 + MAX_PATH_BYTES + 1);
      address.set(ValueLayout.JAVA_SHORT, 0, AF_UNIX);
      MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, 2, name.length);
      if ((int) BIND.invokeExact(errno, socket.number(), address, 2 + name.length + 1) < 0) {
        int error = Native.errno(errno);
        socket.close();
        throw new KernelException("bind", path.toString(), error);
      }
      if ((int) LISTEN.invokeExact(errno, socket.number(), BACKLOG) < 0) {
        int error = Native.errno(errno);
        socket.close();
        throw new KernelException("listen", path.toString(), error);
      }
      return socket;
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }
}
