package dev.abode.engine.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Optional;

/**
 * One part of a log, held open, so that it can be read on when it was renamed or deleted, and so
 * that its inode number stays its own.
 */
final class LogPart implements AutoCloseable {
  private static final int OUTPUT = 1;
  private static final int HEADER_BYTES = 16;
  private static final int MAX_PAYLOAD_BYTES = 65_536;

  private final FileChannel channel;
  private final Object key;
  private final Instant modified;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(2 * (HEADER_BYTES + MAX_PAYLOAD_BYTES))
          .order(ByteOrder.LITTLE_ENDIAN)
          .flip();
  private long filePosition;

  /**
   * A piece of output as the shim wrote it.
   *
   * @param timeNanos when the shim read it, since the epoch
   */
  record Piece(int stream, long timeNanos, ByteBuffer bytes) {}

  private LogPart(FileChannel channel, Object key, Instant modified) {
    this.channel = channel;
    this.key = key;
    this.modified = modified;
  }

  /** Opens what {@code file} names now; empty when it names nothing. */
  static Optional<LogPart> open(Path file) throws IOException {
    while (true) {
      try {
        BasicFileAttributes before = Files.readAttributes(file, BasicFileAttributes.class);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
          // A rotation between the two calls would give one part the identity of another.
          if (keyOf(file).filter(before.fileKey()::equals).isPresent()) {
            return Optional.of(
                new LogPart(channel, before.fileKey(), before.lastModifiedTime().toInstant()));
          }
        } catch (IOException e) {
          channel.close();
          throw e;
        }
        channel.close();
      } catch (NoSuchFileException e) {
        return Optional.empty();
      }
    }
  }

  /** What tells the file that {@code file} names now from every other existing one. */
  static Optional<Object> keyOf(Path file) throws IOException {
    try {
      return Optional.of(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  Object key() {
    return key;
  }

  /** When it was last written to before it was opened, with the kernel's coarse clock. */
  Instant modified() {
    return modified;
  }

  /** The next whole frame; empty when there is none yet. */
  Optional<Piece> next() throws IOException {
    while (true) {
      if (buffer.remaining() >= HEADER_BYTES) {
        int start = buffer.position();
        int length = buffer.getInt(start);
        if (!isHeader(start, length)) {
          // What a shim that was killed while it wrote left behind: look for the next frame.
          buffer.position(start + 1);
          continue;
        }
        if (buffer.remaining() >= HEADER_BYTES + length) {
          byte[] bytes = new byte[length];
          buffer.get(start + HEADER_BYTES, bytes);
          buffer.position(start + HEADER_BYTES + length);
          return Optional.of(
              new Piece(buffer.get(start + 5), buffer.getLong(start + 8), ByteBuffer.wrap(bytes)));
        }
      }
      if (!fill()) {
        // Half a frame may be cut off again by the shim of the next run, so it is not kept.
        filePosition -= buffer.remaining();
        buffer.position(0).limit(0);
        return Optional.empty();
      }
    }
  }

  private boolean isHeader(int start, int length) {
    byte stream = buffer.get(start + 5);
    return length >= 0
        && length <= MAX_PAYLOAD_BYTES
        && buffer.get(start + 4) == OUTPUT
        && (stream == 1 || stream == 2)
        && buffer.getShort(start + 6) == 0;
  }

  private boolean fill() throws IOException {
    buffer.compact();
    int read = channel.read(buffer, filePosition);
    buffer.flip();
    if (read <= 0) {
      return false;
    }
    filePosition += read;
    return true;
  }

  /** Starts from its beginning again. */
  void rewind() {
    filePosition = 0;
    buffer.position(0).limit(0);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
