package dev.abode.docker.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request and the answer to it. Answered once, in one of three ways: {@link #respond} with all of
 * it, {@link #stream} piece by piece, or {@link #takeOver} of the connection itself.
 *
 * <p>Belongs to the thread that handles the request.
 */
public final class Exchange {
  /** An unread rest of a request that is skipped so that the connection can go on. */
  private static final int MAX_SKIPPED_BYTES = 256 * 1024;

  private final Connection connection;
  private final RequestHead head;
  private final RequestBody body;
  private final String path;
  private final Query query;
  private final Map<String, String> responseFields = new LinkedHashMap<>();
  private boolean keepAlive;
  private boolean committed;
  private boolean watched;
  private @Nullable ResponseStream stream;

  Exchange(Connection connection, RequestHead head) {
    this.connection = connection;
    this.head = head;
    this.body = new RequestBody(connection, head);
    this.keepAlive = head.keepAlive();
    String target = head.target();
    int question = target.indexOf('?');
    this.path = question < 0 ? target : target.substring(0, question);
    this.query = Query.parse(question < 0 ? "" : target.substring(question + 1));
  }

  public String method() {
    return head.method();
  }

  /** The path as sent, still percent-encoded. */
  public String path() {
    return path;
  }

  public Query query() {
    return query;
  }

  /** The first field of that name. */
  public Optional<String> field(String name) {
    return head.first(name.toLowerCase(Locale.ROOT));
  }

  /** Whether the client asks for another protocol on this connection. */
  public boolean upgradeWanted() {
    return head.lists("connection", "upgrade") && head.first("upgrade").isPresent();
  }

  /** The content of the request, to be read once. */
  public InputStream body() {
    return body;
  }

  /** Whether an answer has begun, so that no other one can be given any more. */
  public boolean committed() {
    return committed;
  }

  /** Adds a field to the answer's head. */
  public void addField(String name, String value) {
    if (value.indexOf('\r') >= 0 || value.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("a line end in the header field " + name);
    }
    responseFields.put(name, value);
  }

  /** Answers without content. */
  public void respond(int status) throws IOException {
    respond(status, "", new byte[0]);
  }

  /** Answers with all of the content. */
  public void respond(int status, String contentType, byte[] content) throws IOException {
    beginAnswer();
    boolean withoutBody = status == 204 || status == 304;
    StringBuilder text = headText(status, contentType);
    if (!withoutBody) {
      text.append("Content-Length: ").append(content.length).append("\r\n");
    }
    ByteBuffer headBytes = encode(endHead(text));
    if (withoutBody || method().equals("HEAD")) {
      connection.write(headBytes);
    } else {
      connection.write(headBytes, ByteBuffer.wrap(content));
    }
  }

  /**
   * Answers piece by piece. The head goes out with the first {@code flush} or when the buffer is
   * full; until then the answer can still become another one.
   *
   * <p>Not to be closed by who handles the request: the answer ends when the handler returns. When
   * it throws instead, the answer has no end, by which the client knows that something is missing.
   */
  public OutputStream stream(int status, String contentType) {
    if (head.minorVersion() == 0) {
      keepAlive = false;
    }
    StringBuilder text = headText(status, contentType);
    if (head.minorVersion() == 1) {
      text.append("Transfer-Encoding: chunked\r\n");
    }
    ResponseStream made =
        new ResponseStream(
            connection,
            encode(endHead(text)),
            head.minorVersion() == 1,
            method().equals("HEAD"),
            this::beginAnswer);
    stream = made;
    return made;
  }

  /**
   * Ends HTTP on this connection and hands it over, after a {@code 101} if the client asked for an
   * upgrade, else after a {@code 200} without any framing.
   */
  public Takeover takeOver(String contentType) throws IOException {
    beginAnswer();
    keepAlive = false;
    String text =
        upgradeWanted()
            ? "HTTP/1.1 101 UPGRADED\r\nContent-Type: "
                + contentType
                + "\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
            : "HTTP/1.1 200 OK\r\nContent-Type: " + contentType + "\r\n";
    StringBuilder all = new StringBuilder(text);
    responseFields.forEach(
        (name, value) -> all.append(name).append(": ").append(value).append("\r\n"));
    connection.write(encode(all.append("\r\n")));
    return new Takeover(connection);
  }

  /**
   * From now on, runs {@code gone} on another thread if the client ends the connection, however
   * long the answer takes. The rest of the request is skipped. At most once an exchange.
   */
  public void whenClientLeaves(Runnable gone) throws IOException {
    if (!watched && skipRest()) {
      watched = true;
      connection.input.readAhead(gone);
    }
  }

  /** Whether the connection can serve another request. */
  boolean finish() throws IOException {
    ResponseStream streaming = stream;
    if (streaming != null && (streaming.headWritten() || !committed)) {
      streaming.close();
    } else if (!committed) {
      respond(500);
    }
    return keepAlive && skipRest();
  }

  private boolean skipRest() throws IOException {
    if (body.neverAskedFor()) {
      return false;
    }
    byte[] sink = new byte[8192];
    long skipped = 0;
    while (!body.ended() && skipped <= MAX_SKIPPED_BYTES) {
      int count = body.read(sink, 0, sink.length);
      if (count < 0) {
        break;
      }
      skipped += count;
    }
    return body.ended();
  }

  private void beginAnswer() {
    if (committed) {
      throw new IllegalStateException(method() + " " + path + " is answered twice");
    }
    committed = true;
  }

  private StringBuilder headText(int status, String contentType) {
    StringBuilder text = new StringBuilder(256);
    text.append("HTTP/1.1 ").append(status).append(' ').append(StatusText.of(status));
    text.append("\r\n");
    responseFields.forEach(
        (name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
    if (!contentType.isEmpty()) {
      text.append("Content-Type: ").append(contentType).append("\r\n");
    }
    return text;
  }

  private StringBuilder endHead(StringBuilder text) {
    if (!keepAlive) {
      text.append("Connection: close\r\n");
    }
    return text.append("\r\n");
  }

  private static ByteBuffer encode(StringBuilder text) {
    return ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.ISO_8859_1));
  }
}
