package dev.abode.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * One socket of {@code netlink(7)}. It speaks to the network namespace it was opened in, whichever
 * thread uses it later. One request at a time. Requests are numbered, so that the answer to one
 * that was given up is not taken for the answer to the next.
 */
final class Netlink implements AutoCloseable {
  // linux/netlink.h, bits/socket.h
  static final int ROUTE = 0;
  static final int NETFILTER = 12;
  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_CAP_ACK = 10;
  private static final int NETLINK_GET_STRICT_CHK = 12;
  private static final int ADDRESS_BYTES = 12;
  private static final int ANSWER_BYTES = 1 << 17;

  /**
   * How long the kernel may take to answer. It answers a request before {@code sendto} returns,
   * apart from the rest of a dump, so this is met only where no answer comes at all.
   */
  static final long PATIENCE_SECONDS = 10;

  /** How often a dump is begun anew because what it lists has changed meanwhile. */
  private static final int DUMPS = 20;

  private static final MethodHandle SOCKET =
      Native.function("socket", Native.INT, Native.INT, Native.INT, Native.INT);
  private static final MethodHandle SET_OPTION =
      Native.function(
          "setsockopt", Native.INT, Native.INT, Native.INT, Native.INT, Native.POINTER, Native.INT);
  private static final MethodHandle SEND_TO =
      Native.function(
          "sendto",
          Native.LONG,
          Native.INT,
          Native.POINTER,
          Native.LONG,
          Native.INT,
          Native.POINTER,
          Native.INT);
  private static final MethodHandle RECEIVE =
      Native.function("recv", Native.LONG, Native.INT, Native.POINTER, Native.LONG, Native.INT);

  private final Descriptor socket;
  private int sequence;

  private Netlink(Descriptor socket) {
    this.socket = socket;
  }

  /** Opens a socket in the namespace of the calling thread. */
  static Netlink open(int protocol) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      int number = (int) SOCKET.invokeExact(errno, AF_NETLINK, SOCK_RAW_CLOEXEC, protocol);
      if (number < 0) {
        throw new KernelException("socket", "of netlink", Native.errno(errno));
      }
      Descriptor socket = Descriptor.own(number);
      MemorySegment on = arena.allocateFrom(ValueLayout.JAVA_INT, 1);
      // Answers without a copy of the question, and dumps that heed their filter; an older kernel
      // does without.
      for (int option : new int[] {NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK}) {
        int _ = (int) SET_OPTION.invokeExact(errno, socket.number(), SOL_NETLINK, option, on, 4);
      }
      // struct timeval
      MemorySegment patience = arena.allocateFrom(ValueLayout.JAVA_LONG, PATIENCE_SECONDS, 0);
      int _ =
          (int)
              SET_OPTION.invokeExact(errno, socket.number(), SOL_SOCKET, SO_RCVTIMEO, patience, 16);
      return new Netlink(socket);
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  /**
   * Sends messages that each ask for an acknowledgement, and waits for all of these.
   *
   * @param subject what they act on, for the failure
   * @throws KernelException the first failure; the kernel has done the other messages nevertheless
   */
  void request(NetlinkMessage messages, String subject) throws KernelException {
    exchange(messages, messages.count(), subject, message -> {});
  }

  /** Sends one message that asks for something, and returns the answers' payloads. */
  List<ByteBuffer> ask(NetlinkMessage message, String subject) throws KernelException {
    for (int i = 1; ; i++) {
      List<ByteBuffer> answers = new ArrayList<>();
      boolean whole = exchange(message, 1, subject, answer -> answers.add(copy(answer)));
      if (whole || i == DUMPS) {
        return answers;
      }
    }
  }

  private static ByteBuffer copy(ByteBuffer answer) {
    return ByteBuffer.allocate(answer.remaining())
        .order(ByteOrder.nativeOrder())
        .put(answer)
        .flip()
        .order(ByteOrder.nativeOrder());
  }

  /** A transaction of netfilter: only its last message is acknowledged when all went well. */
  void transaction(NetlinkMessage messages, int acknowledged, String subject)
      throws KernelException {
    exchange(messages, acknowledged, subject, message -> {});
  }

  /** Returns false when what a dump lists has changed while it was made. */
  private synchronized boolean exchange(
      NetlinkMessage request, int answers, String subject, Consumer<ByteBuffer> each)
      throws KernelException {
    int first = sequence + 1;
    sequence += request.count();
    boolean whole = true;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      send(arena, errno, request.finished(first), subject);
      MemorySegment buffer = arena.allocate(ANSWER_BYTES, 8);
      int failure = 0;
      int left = answers;
      while (left > 0) {
        long size =
            (long) RECEIVE.invokeExact(errno, socket.number(), buffer, buffer.byteSize(), 0);
        if (size < 0) {
          int error = Native.errno(errno);
          if (error == Errno.EINTR) {
            continue;
          }
          throw new KernelException("recv", subject, error);
        }
        ByteBuffer received = buffer.asSlice(0, size).asByteBuffer().order(ByteOrder.nativeOrder());
        while (received.remaining() >= NetlinkMessage.HEADER_BYTES) {
          int start = received.position();
          int length = received.getInt(start);
          int type = received.getShort(start + 4);
          boolean ours = received.getInt(start + 8) - first >= 0;
          received.position(Math.min(received.limit(), start + ((length + 3) & ~3)));
          if (!ours) {
            continue; // The late answer to a request that was given up.
          }
          whole &= (received.getShort(start + 6) & NetlinkMessage.NLM_F_DUMP_INTR) == 0;
          switch (type) {
            case NetlinkMessage.NLMSG_ERROR -> {
              int error = -received.getInt(start + NetlinkMessage.HEADER_BYTES);
              failure = failure == 0 ? error : failure;
              left--;
            }
            case NetlinkMessage.NLMSG_DONE -> {
              int error = -received.getInt(start + NetlinkMessage.HEADER_BYTES);
              failure = failure == 0 ? error : failure;
              left--;
            }
            default ->
                each.accept(
                    received
                        .slice(
                            start + NetlinkMessage.HEADER_BYTES,
                            length - NetlinkMessage.HEADER_BYTES)
                        .order(ByteOrder.nativeOrder()));
          }
        }
      }
      if (failure != 0) {
        throw new KernelException("netlink", subject, failure);
      }
      return whole;
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  private void send(Arena arena, MemorySegment errno, ByteBuffer request, String subject)
      throws Throwable {
    MemorySegment bytes = arena.allocate(request.remaining(), 8);
    bytes.copyFrom(MemorySegment.ofBuffer(request));
    MemorySegment kernel = arena.allocate(ADDRESS_BYTES, 4);
    kernel.set(ValueLayout.JAVA_SHORT, 0, (short) AF_NETLINK);
    long sent =
        (long)
            SEND_TO.invokeExact(
                errno, socket.number(), bytes, bytes.byteSize(), 0, kernel, ADDRESS_BYTES);
    if (sent < 0) {
      throw new KernelException("sendto", subject, Native.errno(errno));
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
