package dev.abode.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.nio.ByteOrder;

/**
 * A port of the host that is kept from everybody else by a socket bound to it. The socket neither
 * listens nor receives; whoever gets as far as to it is refused.
 */
public final class HostPort implements AutoCloseable {
  // bits/socket.h, netinet/in.h
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVBUF = 8;
  private static final int IPPROTO_IPV6 = 41;
  private static final int IPV6_V6ONLY = 26;
  private static final int UDP = 17;
  private static final int SCTP = 132;
  private static final ValueLayout.OfShort PORT =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);

  private static final MethodHandle SOCKET =
      Native.function("socket", Native.INT, Native.INT, Native.INT, Native.INT);
  private static final MethodHandle BIND =
      Native.function("bind", Native.INT, Native.INT, Native.POINTER, Native.INT);
  private static final MethodHandle NAME =
      Native.function("getsockname", Native.INT, Native.INT, Native.POINTER, Native.POINTER);
  private static final MethodHandle SET_OPTION =
      Native.function(
          "setsockopt", Native.INT, Native.INT, Native.INT, Native.INT, Native.POINTER, Native.INT);

  private final Descriptor socket;
  private final int number;

  private HostPort(Descriptor socket, int number) {
    this.socket = socket;
    this.number = number;
  }

  /**
   * Takes a port.
   *
   * @param protocol as in the header of a packet: 6, 17 or 132
   * @param port 0 for any that is free
   * @throws KernelException EADDRINUSE when somebody has it, EADDRNOTAVAIL when the address is not
   *     one of the host's
   */
  public static HostPort take(int protocol, InetAddress address, int port) throws KernelException {
    byte[] bytes = address.getAddress();
    boolean six = bytes.length == 16;
    String subject = address.getHostAddress() + " port " + port;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      int type = (protocol == UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC;
      int made =
          (int)
              SOCKET.invokeExact(
                  errno, six ? AF_INET6 : AF_INET, type, protocol == SCTP ? SCTP : 0);
      if (made < 0) {
        throw new KernelException("socket", subject, Native.errno(errno));
      }
      Descriptor socket = Descriptor.own(made);
      try {
        // struct sockaddr_in, sockaddr_in6 of netinet/in.h
        MemorySegment name = arena.allocate(28, 4);
        int length = six ? 28 : 16;
        name.set(ValueLayout.JAVA_SHORT, 0, (short) (six ? AF_INET6 : AF_INET));
        name.set(PORT, 2, (short) port);
        MemorySegment.copy(bytes, 0, name, ValueLayout.JAVA_BYTE, six ? 8 : 4, bytes.length);
        if (six) {
          MemorySegment on = arena.allocateFrom(ValueLayout.JAVA_INT, 1);
          int _ =
              (int)
                  SET_OPTION.invokeExact(errno, socket.number(), IPPROTO_IPV6, IPV6_V6ONLY, on, 4);
        }
        // What is sent to a socket of UDP that nobody reads would be kept.
        MemorySegment none = arena.allocateFrom(ValueLayout.JAVA_INT, 0);
        int _ =
            (int) SET_OPTION.invokeExact(errno, socket.number(), SOL_SOCKET, SO_RCVBUF, none, 4);
        if ((int) BIND.invokeExact(errno, socket.number(), name, length) < 0) {
          throw new KernelException("bind", subject, Native.errno(errno));
        }
        MemorySegment size = arena.allocateFrom(ValueLayout.JAVA_INT, 28);
        if ((int) NAME.invokeExact(errno, socket.number(), name, size) < 0) {
          throw new KernelException("getsockname", subject, Native.errno(errno));
        }
        return new HostPort(socket, name.get(PORT, 2) & 0xffff);
      } catch (KernelException e) {
        socket.close();
        throw e;
      }
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  /** 1 to 65,535. */
  public int number() {
    return number;
  }

  @Override
  public void close() {
    socket.close();
  }
}
