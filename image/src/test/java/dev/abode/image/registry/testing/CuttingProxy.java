package dev.abode.image.registry.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * Stands between a client and a registry on loopback, copies bytes, remembers the heads of
 * requests, and cuts the line after so many bytes of an answer. It looks at one request a
 * connection only: the registry is asked to close each connection after its answer.
 */
public final class CuttingProxy implements AutoCloseable {
  private final ServerSocket listener;
  private final int registryPort;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final List<Exchange> exchanges = new CopyOnWriteArrayList<>();
  private volatile Predicate<String> victim = head -> false;
  private volatile long cutAfterBytes;
  private final AtomicLong cutsLeft = new AtomicLong();

  /**
   * One request.
   *
   * @param head request line and headers
   * @param answered bytes of the answer that went to the client, head included
   */
  public record Exchange(String head, AtomicLong answered) {
    /** The request line's method and path. */
    public String line() {
      return head.substring(0, head.indexOf(" HTTP/"));
    }
  }

  private CuttingProxy(int registryPort) throws IOException {
    this.registryPort = registryPort;
    this.listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().daemon().name("cutting-proxy").start(this::accept);
  }

  /** A proxy in front of a registry. */
  public static CuttingProxy before(RegistryServer registry) throws IOException {
    return new CuttingProxy(registry.port());
  }

  /** Host and port as a reference names it. */
  public String host() {
    return "localhost:" + listener.getLocalPort();
  }

  /**
   * From now on, cuts the answers to requests whose head suits after {@code bytes}, {@code times}
   * times.
   */
  public void cut(Predicate<String> head, long bytes, int times) {
    cutAfterBytes = bytes;
    victim = head;
    cutsLeft.set(times);
  }

  /** All requests so far, in order of arrival. */
  public List<Exchange> exchanges() {
    return List.copyOf(exchanges);
  }

  /** Forgets the requests so far. */
  public void forget() {
    exchanges.clear();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        open.add(client);
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        // The listener was closed: that is how this ends.
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket registry = new Socket(InetAddress.getLoopbackAddress(), registryPort)) {
      open.add(registry);
      String head = readHead(client.getInputStream());
      if (head.isEmpty()) {
        return;
      }
      Exchange exchange = new Exchange(head, new AtomicLong());
      exchanges.add(exchange);
      String closing = head.replaceFirst("\r\n", "\r\nConnection: close\r\n");
      registry.getOutputStream().write(closing.getBytes(StandardCharsets.ISO_8859_1));
      Thread.ofVirtual().start(() -> copyBody(client, registry));
      copyAnswer(exchange, registry, client.getOutputStream());
    } catch (IOException e) {
      // A line that broke is what this is for.
      return;
    } finally {
      open.remove(client);
    }
  }

  private static String readHead(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        return "";
      }
      head.append((char) next);
    }
    return head.toString().replaceAll("(?i)\r\nConnection:[^\r]*", "");
  }

  private static void copyBody(Socket client, Socket registry) {
    try {
      client.getInputStream().transferTo(registry.getOutputStream());
    } catch (IOException e) {
      // Ends with the connection.
      return;
    }
  }

  private void copyAnswer(Exchange exchange, Socket registry, OutputStream out) throws IOException {
    boolean cut = victim.test(exchange.head()) && cutsLeft.getAndDecrement() > 0;
    long limit = cut ? cutAfterBytes : Long.MAX_VALUE;
    InputStream in = registry.getInputStream();
    byte[] buffer = new byte[16 * 1024];
    while (exchange.answered().get() < limit) {
      int want = (int) Math.min(buffer.length, limit - exchange.answered().get());
      int count = in.read(buffer, 0, want);
      if (count < 0) {
        return;
      }
      out.write(buffer, 0, count);
      exchange.answered().addAndGet(count);
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
