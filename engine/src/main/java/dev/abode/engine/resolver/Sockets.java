package dev.abode.engine.resolver;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;

/**
 * The two sockets a resolver listens on; they belong to the network namespace of the thread that
 * opens them.
 */
record Sockets(InetAddress address, DatagramChannel datagrams, ServerSocketChannel streams) {
  private static final int PORT = 53;
  private static final int BACKLOG = 64;

  static Sockets open(InetAddress address) throws IOException {
    StandardProtocolFamily family =
        address instanceof Inet4Address
            ? StandardProtocolFamily.INET
            : StandardProtocolFamily.INET6;
    InetSocketAddress local = new InetSocketAddress(address, PORT);
    DatagramChannel datagrams = DatagramChannel.open(family);
    try {
      ServerSocketChannel streams = ServerSocketChannel.open(family);
      try {
        datagrams.configureBlocking(false);
        datagrams.bind(local);
        streams.configureBlocking(false);
        // What an engine that was killed had under way keeps the address for a minute.
        streams.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        streams.bind(local, BACKLOG);
        return new Sockets(address, datagrams, streams);
      } catch (IOException | RuntimeException e) {
        streams.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      datagrams.close();
      throw e;
    }
  }

  void close() throws IOException {
    try (streams) {
      datagrams.close();
    }
  }
}
