package dev.abode.cli.http;

import dev.abode.cli.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.URLEncoder;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asks an engine things over its unix socket. One thread at a time may use one {@link Reply}; the
 * client itself may be used by several.
 */
public final class ApiClient implements AutoCloseable {
  private final Path socket;
  private final Deque<Connection> idle = new ArrayDeque<>();

  public ApiClient(Path socket) {
    this.socket = socket;
  }

  public Path socket() {
    return socket;
  }

  /** Whether something accepts connections on the socket. */
  public boolean isListening() {
    try {
      release(connect());
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  public Reply get(String path) throws IOException {
    return send("GET", path, Map.of(), Body.none());
  }

  public Reply post(String path) throws IOException {
    return send("POST", path, Map.of(), Body.none());
  }

  public Reply post(String path, Json body) throws IOException {
    return send("POST", path, Map.of(), Body.of(body));
  }

  public Reply delete(String path) throws IOException {
    return send("DELETE", path, Map.of(), Body.none());
  }

  /**
   * Sends a request and reads the head of the answer.
   *
   * @param path with its query, already encoded (see {@link #query})
   * @throws ApiException if the answer's status is 400 or more
   * @throws IOException if nobody listens or the connection breaks
   */
  public Reply send(String method, String path, Map<String, String> headers, Body body)
      throws IOException {
    Connection connection = acquire();
    try {
      connection.writeRequest(method, path, headers, body);
      return connection.readReply(this, /* bodyFollows= */ !method.equals("HEAD"));
    } catch (IOException | RuntimeException failed) {
      connection.close();
      throw failed;
    }
  }

  /**
   * Asks for a connection to be taken over: attach and exec. What comes back is no HTTP any more.
   *
   * @throws ApiException if the engine refuses
   */
  public TakenOver takeOver(String path, Body body) throws IOException {
    Connection connection = connect();
    try {
      connection.writeRequest(
          "POST", path, Map.of("Connection", "Upgrade", "Upgrade", "tcp"), body);
      return connection.readTakenOver();
    } catch (IOException | RuntimeException failed) {
      connection.close();
      throw failed;
    }
  }

  /** {@code path?name=value&…}, values encoded; an empty value is left out. */
  public static String query(String path, List<String> namesAndValues) {
    StringBuilder query = new StringBuilder(path);
    char separator = '?';
    for (int i = 0; i < namesAndValues.size(); i += 2) {
      if (!namesAndValues.get(i + 1).isEmpty()) {
        query
            .append(separator)
            .append(namesAndValues.get(i))
            .append('=')
            .append(encode(namesAndValues.get(i + 1)));
        separator = '&';
      }
    }
    return query.toString();
  }

  /** As {@link #query(String, List)}. */
  public static String query(String path, String... namesAndValues) {
    return query(path, List.of(namesAndValues));
  }

  /** One segment of a path, or a query value. */
  public static String encode(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private Connection acquire() throws IOException {
    synchronized (idle) {
      Connection kept = idle.poll();
      if (kept != null) {
        return kept;
      }
    }
    return connect();
  }

  private Connection connect() throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      return new Connection(channel);
    } catch (IOException refused) {
      channel.close();
      throw refused;
    }
  }

  void release(Connection connection) {
    synchronized (idle) {
      idle.push(connection);
    }
  }

  @Override
  public void close() {
    synchronized (idle) {
      for (Connection connection : idle) {
        connection.close();
      }
      idle.clear();
    }
  }

  /** What a request carries. */
  public sealed interface Body {
    /** A request without a body. */
    static Body none() {
      return new Bytes("", new byte[0]);
    }

    /** Known bytes. */
    final class Bytes implements Body {
      private final String type;
      private final byte[] bytes;

      Bytes(String type, byte[] bytes) {
        this.type = type;
        this.bytes = bytes;
      }

      String type() {
        return type;
      }

      byte[] bytes() {
        return bytes;
      }
    }

    /** A stream of unknown length, sent in chunks and closed by the sender's caller. */
    record Stream(String type, InputStream bytes) implements Body {}

    static Body of(Json json) {
      return new Bytes("application/json", json.compact().getBytes(StandardCharsets.UTF_8));
    }

    static Body tar(InputStream bytes) {
      return new Stream("application/x-tar", bytes);
    }
  }

  /** The sentence in an error body, if it has Docker's form. */
  static Optional<String> message(String body) {
    try {
      return Json.parse(body).nonEmptyText("message");
    } catch (RuntimeException notJson) {
      return Optional.empty();
    }
  }
}
