package dev.abode.engine.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A server in some network namespace that tells whoever connects, or sends a datagram, from which
 * address: on one port, TCP and UDP, IPv4 and IPv6. And the client for it.
 */
public final class Echo implements AutoCloseable {
  private static final String SERVER =
      """
      import socket, sys, threading
      port = int(sys.argv[1])
      tcp = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
      udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
      udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
      udp.bind(("", port))
      def told(peer): return peer[0].removeprefix("::ffff:").encode()
      def streams():
          while True:
              connection, peer = tcp.accept()
              connection.sendall(told(peer))
              connection.close()
      threading.Thread(target=streams, daemon=True).start()
      print("ready", flush=True)
      while True:
          _, peer = udp.recvfrom(2048)
          udp.sendto(told(peer), peer)
      """;

  private static final String CLIENT =
      """
      import socket, sys
      kind, address, port, own = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
      family = socket.AF_INET6 if ":" in address else socket.AF_INET
      client = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
      client.settimeout(float(sys.argv[5]))
      if own: client.bind(("", own))
      try:
          client.connect((address, port))
          if kind == "udp": client.send(b"?")
          print(client.recv(2048).decode(), end="")
      except OSError as e:
          print(type(e).__name__, end="")
      """;

  private final Process server;

  private Echo(Process server) {
    this.server = server;
  }

  /** Serves in the network namespace of a process. */
  public static Echo serve(long pid, int port) throws IOException {
    Process server =
        new ProcessBuilder(
                "nsenter",
                "--net=/proc/" + pid + "/ns/net",
                "python3",
                "-c",
                SERVER,
                Integer.toString(port))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    if (!"ready".equals(server.inputReader(StandardCharsets.US_ASCII).readLine())) {
      server.destroyForcibly();
      throw new IOException("no server in the network namespace of process " + pid);
    }
    return new Echo(server);
  }

  /**
   * The command that asks a server, to be run in some namespace: it prints the address that the
   * server has seen, or what failed, in Python's words.
   */
  public static String[] ask(String protocol, String address, int port) {
    return ask(protocol, address, port, 0, 60);
  }

  /** The same, of somebody whom no answer is expected for. */
  public static String[] askInVain(String protocol, String address, int port) {
    return ask(protocol, address, port, 0, 1);
  }

  /**
   * The same with a port of its own.
   *
   * @param seconds how long it waits
   */
  public static String[] ask(String protocol, String address, int port, int own, int seconds) {
    List<String> words = new ArrayList<>(List.of("python3", "-c", CLIENT, protocol, address));
    for (int number : new int[] {port, own, seconds}) {
      words.add(Integer.toString(number));
    }
    return words.toArray(String[]::new);
  }

  @Override
  public void close() {
    server.destroyForcibly();
  }
}
