package dev.abode.docker.http;

import dev.abode.docker.failure.ApiException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Request line and header fields.
 *
 * @param target as sent: path and query
 * @param minorVersion of HTTP/1: 0 or 1
 */
record RequestHead(String method, String target, int minorVersion, List<Field> fields) {
  private static final RequestHead END = new RequestHead("", "", 1, List.of());

  /** Docker sends registry credentials in a header; Go's limit for a head is 1 MiB. */
  private static final int MAX_HEAD_BYTES = 1 << 20;

  /** One header field, its name in lower case. */
  record Field(String name, String value) {}

  RequestHead {
    fields = List.copyOf(fields);
  }

  /**
   * Reads a head; one that {@link #isEnd} if the client has ended the connection.
   *
   * @throws ApiException with the status to refuse it with
   */
  static RequestHead read(ConnectionInput input) throws IOException {
    int[] budget = {MAX_HEAD_BYTES};
    String line = readLine(input, budget);
    if (line.isEmpty()) {
      // RFC 9112 §2.2: a server should ignore an empty line before the request line.
      line = readLine(input, budget);
    }
    if (line.isEmpty()) {
      return END;
    }
    String[] parts = line.split(" ", -1);
    if (parts.length != 3 || parts[0].isEmpty() || parts[1].isEmpty()) {
      throw ApiException.invalid("malformed request line");
    }
    int minor =
        switch (parts[2]) {
          case "HTTP/1.1" -> 1;
          case "HTTP/1.0" -> 0;
          default -> throw new ApiException(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
        };
    List<Field> fields = new ArrayList<>();
    for (String field = readLine(input, budget);
        !field.isEmpty();
        field = readLine(input, budget)) {
      fields.add(field(field));
    }
    RequestHead head = new RequestHead(parts[0], parts[1], minor, fields);
    head.checkFraming();
    return head;
  }

  private static Field field(String line) {
    int colon = line.indexOf(':');
    if (colon <= 0 || line.charAt(0) == ' ' || line.charAt(0) == '\t') {
      throw ApiException.invalid("malformed header field");
    }
    String name = line.substring(0, colon);
    if (name.chars().anyMatch(c -> c <= ' ' || c >= 127)) {
      throw ApiException.invalid("malformed header field name");
    }
    return new Field(name.toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
  }

  /** A line without its end; empty at the end of the stream too. */
  private static String readLine(ConnectionInput input, int[] budget) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(80);
    while (true) {
      int b = input.read();
      if (b < 0 || b == '\n') {
        if (b < 0 && line.size() > 0) {
          throw ApiException.invalid("the request ended in the middle of its head");
        }
        String text = line.toString(StandardCharsets.ISO_8859_1);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
      }
      if (--budget[0] < 0) {
        throw new ApiException(
            431, "the head of the request is larger than " + MAX_HEAD_BYTES + " bytes");
      }
      line.write(b);
    }
  }

  /** RFC 9112 §6: what two readers could frame differently is refused. */
  private void checkFraming() {
    List<String> lengths = all("content-length");
    Optional<String> coding = first("transfer-encoding");
    if (lengths.stream().distinct().count() > 1
        || (coding.isPresent() && !lengths.isEmpty())
        || all("transfer-encoding").size() > 1) {
      throw ApiException.invalid("the request has more than one length");
    }
    if (coding.isPresent() && !coding.get().equalsIgnoreCase("chunked")) {
      throw new ApiException(501, "transfer codings other than chunked are not understood");
    }
    if (!lengths.isEmpty() && !lengths.getFirst().matches("\\d{1,18}")) {
      throw ApiException.invalid("malformed Content-Length");
    }
  }

  /** Whether there was no request any more. */
  boolean isEnd() {
    return method.isEmpty();
  }

  Optional<String> first(String name) {
    for (Field field : fields) {
      if (field.name().equals(name)) {
        return Optional.of(field.value());
      }
    }
    return Optional.empty();
  }

  List<String> all(String name) {
    return fields.stream().filter(field -> field.name().equals(name)).map(Field::value).toList();
  }

  /** Whether a comma-separated field contains a word, in any case. */
  boolean lists(String name, String word) {
    return all(name).stream()
        .flatMap(value -> List.of(value.split(",", -1)).stream())
        .anyMatch(value -> value.strip().equalsIgnoreCase(word));
  }

  boolean chunked() {
    return first("transfer-encoding").isPresent();
  }

  OptionalLong contentLength() {
    return first("content-length")
        .map(Long::parseLong)
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }

  /** Whether the client wants to send further requests on this connection. */
  boolean keepAlive() {
    return minorVersion == 1 ? !lists("connection", "close") : lists("connection", "keep-alive");
  }
}
