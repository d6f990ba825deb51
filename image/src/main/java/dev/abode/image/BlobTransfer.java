package dev.abode.image;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;

/** A blob that comes piece by piece, perhaps over several tries, and is verified in the end. */
final class BlobTransfer implements BlobStore.Upload {
  private final Digest digest;
  private final long sizeBytes;
  private final Path partial;
  private final Path whole;
  private final KeyedLocks.Held held;
  private final boolean present;
  private final Optional<FileChannel> file;
  private MessageDigest hasher;
  private long offset;
  private boolean closed;

  /**
   * Goes on with what an earlier try has brought.
   *
   * @param present the size of the blob, if it is here already
   * @param partial the file of what has come so far
   * @param whole where the blob goes when all of it is there
   * @param held the blob's lock, given back with the end of the transfer
   */
  BlobTransfer(
      Digest digest,
      long sizeBytes,
      Optional<Long> present,
      Path partial,
      Path whole,
      KeyedLocks.Held held)
      throws IOException {
    this.digest = digest;
    this.sizeBytes = sizeBytes;
    this.partial = partial;
    this.whole = whole;
    this.held = held;
    this.hasher = BlobFolder.hasher(digest.algorithm());
    this.present = present.isPresent();
    if (present.isPresent() && present.get() != sizeBytes) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          digest + " is said to have " + sizeBytes + " bytes, but has " + present.get());
    }
    this.file =
        present.isPresent()
            ? Optional.empty()
            : Optional.of(FileChannel.open(partial, CREATE, READ, WRITE));
    if (file.isPresent()) {
      takeUp(file.get());
    }
  }

  /** Hashes what an earlier try brought, so that the whole is verified in the end. */
  private void takeUp(FileChannel channel) throws IOException {
    if (channel.size() > sizeBytes) {
      channel.truncate(0);
    }
    ByteBuffer buffer = ByteBuffer.allocate(BlobFolder.BUFFER_BYTES);
    while (channel.read(buffer) > 0) {
      buffer.flip();
      offset += buffer.remaining();
      hasher.update(buffer);
      buffer.clear();
    }
  }

  @Override
  public long offsetBytes() {
    return offset;
  }

  @Override
  public boolean alreadyPresent() {
    return present;
  }

  private FileChannel channel() {
    return file.orElseThrow(
        () -> new IllegalStateException(digest + " is here already; nothing is to be written"));
  }

  @Override
  public void append(ByteBuffer bytes) throws IOException {
    if (bytes.remaining() > sizeBytes - offset) {
      restart();
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "the content of "
              + digest
              + " is longer than the "
              + sizeBytes
              + " bytes it should have");
    }
    hasher.update(bytes.duplicate());
    offset += bytes.remaining();
    BlobFolder.writeAll(channel(), bytes);
  }

  @Override
  public void restart() throws IOException {
    channel().truncate(0);
    channel().position(0);
    hasher = BlobFolder.hasher(digest.algorithm());
    offset = 0;
  }

  @Override
  public void commit() throws IOException {
    if (present) {
      return;
    }
    if (offset != sizeBytes) {
      long came = offset;
      restart();
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "the content of " + digest + " has " + came + " bytes instead of " + sizeBytes);
    }
    String hex = HexFormat.of().formatHex(hasher.digest());
    if (!hex.equals(digest.hex())) {
      restart();
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "the content that should be "
              + digest
              + " is "
              + digest.algorithm()
              + ":"
              + hex
              + ": it was damaged or replaced on its way");
    }
    channel().force(true);
    DurableFiles.move(partial, whole);
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try {
      if (file.isPresent()) {
        boolean empty = file.get().size() == 0;
        file.get().close();
        if (empty) {
          Files.deleteIfExists(partial);
        }
      }
    } finally {
      held.close();
    }
  }
}
