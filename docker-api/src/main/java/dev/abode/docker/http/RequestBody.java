package dev.abode.docker.http;

import dev.abode.docker.failure.ApiException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The content of a request, of a length known before or in chunks (RFC 9112 §7.1). A client that
 * asked for it gets its {@code 100 Continue} at the first read.
 */
final class RequestBody extends InputStream {
  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);

  private final Connection connection;
  private final boolean chunked;
  private boolean continueExpected;

  /** Of the whole content, or of the present chunk. */
  private long remaining;

  private boolean betweenChunks;
  private boolean ended;

  RequestBody(Connection connection, RequestHead head) {
    this.connection = connection;
    this.chunked = head.chunked();
    this.remaining = head.contentLength().orElse(0);
    this.ended = !chunked && remaining == 0;
    this.continueExpected = !ended && head.lists("expect", "100-continue");
  }

  /** Whether all of it has been read. */
  boolean ended() {
    return ended;
  }

  /** Whether the client still waits to be asked for the content; it may never send it. */
  boolean neverAskedFor() {
    return continueExpected;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (continueExpected) {
      continueExpected = false;
      connection.write(ByteBuffer.wrap(CONTINUE));
    }
    if (!ended && chunked && remaining == 0) {
      nextChunk();
    }
    if (ended) {
      return -1;
    }
    int count = connection.input.read(target, offset, (int) Math.min(length, remaining));
    if (count < 0) {
      throw new EOFException("the client ended the connection in the middle of its request");
    }
    remaining -= count;
    ended = !chunked && remaining == 0;
    return count;
  }

  private void nextChunk() throws IOException {
    if (betweenChunks) {
      expectEmptyLine();
    }
    String line = readLine();
    int extension = line.indexOf(';');
    String size = (extension < 0 ? line : line.substring(0, extension)).strip();
    if (!size.matches("[0-9a-fA-F]{1,15}")) {
      throw ApiException.invalid("malformed chunk size");
    }
    remaining = Long.parseLong(size, 16);
    betweenChunks = true;
    if (remaining == 0) {
      ended = true;
      while (!readLine().isEmpty()) {
        // Trailer fields say nothing we act on.
      }
    }
  }

  private void expectEmptyLine() throws IOException {
    if (!readLine().isEmpty()) {
      throw ApiException.invalid("a chunk is longer than it says");
    }
  }

  private String readLine() throws IOException {
    StringBuilder line = new StringBuilder(16);
    for (int b = connection.input.read(); b != '\n'; b = connection.input.read()) {
      if (b < 0) {
        throw new EOFException("the client ended the connection in the middle of its request");
      }
      if (line.length() > 8192) {
        throw ApiException.invalid("a chunk's head is longer than 8192 bytes");
      }
      line.append((char) b);
    }
    int length = line.length();
    return length > 0 && line.charAt(length - 1) == '\r'
        ? line.substring(0, length - 1)
        : line.toString();
  }
}
