package dev.abode.cli.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** The chunked transfer coding (RFC 9112, section 7.1); trailers are read and dropped. */
final class ChunkedInput extends InputStream {
  private final Connection connection;
  private long left;
  private boolean started;
  private boolean ended;

  ChunkedInput(Connection connection) {
    this.connection = connection;
  }

  /** Whether the last byte was read, so that the next answer may follow. */
  boolean isAtEnd() {
    return ended;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (ended) {
      return -1;
    }
    if (left == 0 && !nextChunk()) {
      return -1;
    }
    int count = connection.in().read(bytes, offset, (int) Math.min(left, length));
    if (count < 0) {
      throw new EOFException("the engine closed the connection in the middle of its answer");
    }
    left -= count;
    return count;
  }

  private boolean nextChunk() throws IOException {
    if (started) {
      connection.readLine();
    }
    started = true;
    String size = connection.readLine();
    int extension = size.indexOf(';');
    try {
      left = Long.parseLong((extension < 0 ? size : size.substring(0, extension)).strip(), 16);
    } catch (NumberFormatException malformed) {
      throw new IOException("not the size of a chunk: \"" + size + '"', malformed);
    }
    if (left == 0) {
      while (!connection.readLine().isEmpty()) {
        // A trailer.
      }
      ended = true;
    }
    return !ended;
  }
}
