package dev.abode.docker.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What comes from a client, buffered. Used by the connection's own thread, except while a read
 * ahead is under way.
 *
 * <p>A <em>read ahead</em> is how the end of a client is noticed while an answer takes long: a
 * thread of its own reads the beginning of the next request, which a client does not send before it
 * has its answer; so what that read usually returns is the end. It cannot be called off (to
 * interrupt a thread in a channel closes the channel); instead the next request waits for it.
 */
final class ConnectionInput {
  private final SocketChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(16 * 1024).limit(0);
  private @Nullable Thread readAhead;

  ConnectionInput(SocketChannel channel) {
    this.channel = channel;
  }

  /** The next byte, -1 at the end. */
  int read() throws IOException {
    return buffer.hasRemaining() || fill() ? buffer.get() & 0xff : -1;
  }

  /** Some bytes, at most {@code length} of them; -1 at the end. */
  int read(byte[] target, int offset, int length) throws IOException {
    if (!buffer.hasRemaining()) {
      if (length >= buffer.capacity()) {
        return channel.read(ByteBuffer.wrap(target, offset, length));
      }
      if (!fill()) {
        return -1;
      }
    }
    int count = Math.min(length, buffer.remaining());
    buffer.get(target, offset, count);
    return count;
  }

  /** Some bytes; -1 at the end. */
  int read(ByteBuffer target) throws IOException {
    if (!buffer.hasRemaining()) {
      return channel.read(target);
    }
    int count = Math.min(target.remaining(), buffer.remaining());
    target.put(buffer.slice(buffer.position(), count));
    buffer.position(buffer.position() + count);
    return count;
  }

  private boolean fill() throws IOException {
    buffer.clear();
    int count;
    try {
      count = channel.read(buffer);
    } finally {
      buffer.flip();
    }
    return count > 0;
  }

  /**
   * Runs {@code gone} when the client ends its side. Everything of the request must have been read.
   * At most one a request.
   */
  void readAhead(Runnable gone) {
    if (buffer.hasRemaining()) {
      return;
    }
    readAhead =
        Thread.ofVirtual()
            .name("http read ahead")
            .start(
                () -> {
                  boolean more = false;
                  try {
                    more = fill();
                  } catch (IOException _) {
                    // A connection that fails has ended as well.
                  }
                  if (!more) {
                    gone.run();
                  }
                });
  }

  /** Waits until no read ahead is under way. */
  void awaitReadAhead() throws IOException {
    Thread thread = readAhead;
    if (thread == null) {
      return;
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IOException("interrupted while waiting for the next request", e);
    }
    readAhead = null;
  }

  /** Waits for the end of a read ahead, once the channel is closed. */
  void endReadAhead() {
    Thread thread = readAhead;
    while (thread != null) {
      try {
        thread = thread.join(Duration.ofDays(1)) ? null : thread;
      } catch (InterruptedException _) {
        // By the read ahead itself, perhaps; it ends anyway.
      }
    }
    readAhead = null;
  }
}
