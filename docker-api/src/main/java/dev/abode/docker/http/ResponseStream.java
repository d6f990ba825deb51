package dev.abode.docker.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The content of an answer whose length is not known before. Each write out is one chunk. */
final class ResponseStream extends OutputStream {
  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] LINE_END = {'\r', '\n'};

  private final Connection connection;
  private final ByteBuffer head;
  private final boolean chunked;
  private final boolean headOnly;
  private final Runnable beginAnswer;
  private final ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
  private boolean headWritten;
  private boolean closed;

  ResponseStream(
      Connection connection,
      ByteBuffer head,
      boolean chunked,
      boolean headOnly,
      Runnable beginAnswer) {
    this.connection = connection;
    this.head = head;
    this.chunked = chunked;
    this.headOnly = headOnly;
    this.beginAnswer = beginAnswer;
  }

  boolean headWritten() {
    return headWritten;
  }

  @Override
  public void write(int b) throws IOException {
    if (!buffer.hasRemaining()) {
      flush();
    }
    buffer.put((byte) b);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    if (length > buffer.remaining()) {
      flush();
    }
    if (length > buffer.capacity()) {
      send(ByteBuffer.wrap(source, offset, length), false);
    } else {
      buffer.put(source, offset, length);
    }
  }

  @Override
  public void flush() throws IOException {
    send(buffer.flip(), false);
    buffer.clear();
  }

  private void send(ByteBuffer content, boolean last) throws IOException {
    if (!headWritten) {
      headWritten = true;
      beginAnswer.run();
    }
    boolean silent = headOnly || !content.hasRemaining();
    ByteBuffer end = last && chunked && !headOnly ? ByteBuffer.wrap(LAST_CHUNK) : EMPTY;
    if (silent) {
      connection.write(head, end);
    } else if (chunked) {
      byte[] size =
          (Integer.toHexString(content.remaining()) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
      connection.write(head, ByteBuffer.wrap(size), content, ByteBuffer.wrap(LINE_END), end);
    } else {
      connection.write(head, content);
    }
  }

  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      send(buffer.flip(), true);
    }
  }
}
