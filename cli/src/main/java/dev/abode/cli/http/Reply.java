package dev.abode.cli.http;

import dev.abode.cli.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** An answer whose status is below 400. Closing it gives its connection back. */
public final class Reply implements AutoCloseable {
  private final int status;
  private final Map<String, String> headers;
  private final InputStream body;
  private final Connection connection;
  private final ApiClient client;
  private final boolean keep;

  Reply(
      int status,
      Map<String, String> headers,
      InputStream body,
      Connection connection,
      ApiClient client,
      boolean keep) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.connection = connection;
    this.client = client;
    this.keep = keep;
  }

  public int status() {
    return status;
  }

  /** A header by its name in lower case; empty if it was not sent. */
  public String header(String name) {
    return headers.getOrDefault(name, "");
  }

  /** The body as it comes in. */
  public InputStream body() {
    return body;
  }

  /** The body as one JSON value, {@code null} if it is empty; closes the answer. */
  public Json json() throws IOException {
    try (this) {
      String text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
      return text.isBlank() ? Json.Null.VALUE : Json.parse(text);
    }
  }

  /** The body as text; closes the answer. */
  public String text() throws IOException {
    try (this) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Keeps the connection if the answer was read to its end, else closes it. */
  @Override
  public void close() {
    boolean atEnd =
        (body instanceof FixedInput fixed && fixed.isAtEnd())
            || (body instanceof ChunkedInput chunked && chunked.isAtEnd());
    if (keep && atEnd) {
      client.release(connection);
    } else {
      connection.close();
    }
  }

  /** Ends it now, read or not: from another thread, or where the body has no end. */
  public void abandon() {
    connection.close();
  }
}
