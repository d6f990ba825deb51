package dev.abode.cli.json;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * Cuts a stream of JSON objects that follow each other into its objects, each as soon as its last
 * byte is there: a parser with a buffer of its own would wait for the next one first, and events
 * and progress would come late.
 */
final class JsonSequence implements Iterator<Json> {
  private final InputStream input;
  private Optional<Json> next = Optional.empty();
  private boolean ended;

  JsonSequence(InputStream input) {
    this.input = input;
  }

  @Override
  public boolean hasNext() {
    if (next.isEmpty() && !ended) {
      try {
        next = read();
      } catch (IOException broken) {
        throw new UncheckedIOException(broken);
      }
      ended = next.isEmpty();
    }
    return next.isPresent();
  }

  @Override
  public Json next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    Json value = next.orElseThrow();
    next = Optional.empty();
    return value;
  }

  private Optional<Json> read() throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    int depth = 0;
    boolean quoted = false;
    boolean escaped = false;
    for (int octet = input.read(); octet >= 0; octet = input.read()) {
      if (depth == 0 && octet != '{') {
        continue;
      }
      text.write(octet);
      if (escaped) {
        escaped = false;
      } else if (quoted) {
        escaped = octet == '\\';
        quoted = octet != '"';
      } else if (octet == '"') {
        quoted = true;
      } else if (octet == '{') {
        depth++;
      } else if (octet == '}' && --depth == 0) {
        return Optional.of(Json.parse(text.toString(StandardCharsets.UTF_8)));
      }
    }
    if (depth > 0) {
      throw new IOException("the answer ended in the middle of a JSON value");
    }
    return Optional.empty();
  }
}
