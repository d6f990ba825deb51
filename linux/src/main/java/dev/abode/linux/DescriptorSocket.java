package dev.abode.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Sockets over which a process is handed descriptors, {@code SCM_RIGHTS} of {@code unix(7)}. They
 * keep messages apart, and a peer that is gone shows as an end.
 */
public final class DescriptorSocket {
  private static final int AF_UNIX = 1;

  /** {@code SOCK_SEQPACKET | SOCK_CLOEXEC}. */
  private static final int TYPE = 5 | 0x80000;

  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_NOSIGNAL = 0x4000;

  /** {@code struct msghdr} of sys/socket.h on 64-bit machines. */
  private static final long MESSAGE_BYTES = 56;

  private static final long PARTS_AT = 16;
  private static final long PART_COUNT_AT = 24;
  private static final long CONTROL_AT = 32;
  private static final long CONTROL_BYTES_AT = 40;

  /** {@code struct cmsghdr}: a size of 8 bytes, level, type; what follows is aligned to 8. */
  private static final long CONTROL_HEADER_BYTES = 16;

  private static final MethodHandle SOCKETPAIR =
      Native.function("socketpair", Native.INT, Native.INT, Native.INT, Native.INT, Native.POINTER);
  private static final MethodHandle SENDMSG =
      Native.function("sendmsg", Native.LONG, Native.INT, Native.POINTER, Native.INT);

  private DescriptorSocket() {}

  /** Two ends of one connection; both are the caller's to close. */
  public record Pair(Descriptor ours, Descriptor theirs) {}

  /** Makes a connection. */
  public static Pair pair() throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      MemorySegment ends = arena.allocate(Native.INT, 2);
      if ((int) SOCKETPAIR.invokeExact(errno, AF_UNIX, TYPE, 0, ends) < 0) {
        throw new KernelException("socketpair", "AF_UNIX", Native.errno(errno));
      }
      Descriptor ours = Descriptor.own(ends.getAtIndex(Native.INT, 0));
      return new Pair(ours, Descriptor.own(ends.getAtIndex(Native.INT, 1)));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  /**
   * Sends one message. The receiver has duplicates of {@code descriptors}; these stay the caller's.
   *
   * @param message not empty
   * @throws KernelException EPIPE or ECONNRESET when nobody has the other end any more
   */
  public static void send(Descriptor socket, String message, List<Descriptor> descriptors)
      throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      byte[] text = message.getBytes(StandardCharsets.UTF_8);
      MemorySegment part = arena.allocate(16, 8);
      part.set(Native.POINTER, 0, arena.allocateFrom(ValueLayout.JAVA_BYTE, text));
      part.set(Native.LONG, 8, text.length);
      MemorySegment control = rights(arena, descriptors);
      MemorySegment header = arena.allocate(MESSAGE_BYTES, 8);
      header.set(Native.POINTER, PARTS_AT, part);
      header.set(Native.LONG, PART_COUNT_AT, 1);
      header.set(Native.POINTER, CONTROL_AT, control);
      header.set(Native.LONG, CONTROL_BYTES_AT, control.byteSize());
      if ((long) SENDMSG.invokeExact(errno, socket.number(), header, MSG_NOSIGNAL) < 0) {
        throw new KernelException("sendmsg", message, Native.errno(errno));
      }
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  private static MemorySegment rights(Arena arena, List<Descriptor> descriptors) {
    long bytes = CONTROL_HEADER_BYTES + 4L * descriptors.size();
    MemorySegment control = arena.allocate((bytes + 7) & -8, 8);
    control.set(Native.LONG, 0, bytes);
    control.set(Native.INT, 8, SOL_SOCKET);
    control.set(Native.INT, 12, SCM_RIGHTS);
    for (int i = 0; i < descriptors.size(); i++) {
      control.set(Native.INT, CONTROL_HEADER_BYTES + 4L * i, descriptors.get(i).number());
    }
    return control;
  }
}
