package dev.abode.image;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Blobs in a folder: {@code blobs/ALGORITHM/HEX}, and beside it {@code uploads/} for what is still
 * coming. Content is fsynced before the rename that makes it visible, so a blob that has its name
 * has its bytes even after the machine lost power.
 *
 * <p>Garbage collection must not take a blob between its arrival and the moment an image refers to
 * it: whoever brings content does so through a {@link #lease}, which pins all it touches.
 */
final class BlobFolder implements BlobStore {
  static final int BUFFER_BYTES = 128 * 1024;
  private static final String TEMPORARY = "new-";

  private final Path blobs;
  private final Path uploads;
  private final KeyedLocks<Digest> writers = new KeyedLocks<>();
  private final Pins<Digest> pins = new Pins<>();

  private BlobFolder(Path folder) {
    this.blobs = folder.resolve("blobs");
    this.uploads = folder.resolve("uploads");
  }

  /** Opens or makes the store; what a dead process was writing without a digest is removed. */
  static BlobFolder open(Path folder) throws IOException {
    BlobFolder store = new BlobFolder(folder);
    DurableFiles.makePrivateFolder(store.blobs.resolve("sha256"));
    DurableFiles.makePrivateFolder(store.blobs.resolve("sha512"));
    DurableFiles.makePrivateFolder(store.uploads);
    try (DirectoryStream<Path> left = Files.newDirectoryStream(store.uploads, TEMPORARY + "*")) {
      for (Path file : left) {
        Files.delete(file);
      }
    }
    return store;
  }

  static MessageDigest hasher(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm.equals("sha512") ? "SHA-512" : "SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256 and SHA-512", e);
    }
  }

  static Digest digest(MessageDigest sha256) {
    return new Digest("sha256", HexFormat.of().formatHex(sha256.digest()));
  }

  static Digest digestOf(byte[] content) {
    MessageDigest hasher = hasher("sha256");
    hasher.update(content);
    return digest(hasher);
  }

  @Override
  public Path path(Digest digest) {
    return blobs.resolve(digest.algorithm()).resolve(digest.hex());
  }

  @Override
  public Optional<Long> size(Digest digest) {
    try {
      return Optional.of(Files.size(path(digest)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public FileChannel open(Digest digest) throws IOException {
    try {
      return FileChannel.open(path(digest), READ);
    } catch (NoSuchFileException e) {
      throw missing(digest);
    }
  }

  private static ImageException missing(Digest digest) {
    return new ImageException(
        ImageException.Kind.NOT_FOUND,
        "the store has no content " + digest + "; pull or load the image again");
  }

  /** A small blob as a whole. */
  byte[] read(Digest digest, long maxBytes) throws IOException {
    long size = size(digest).orElseThrow(() -> missing(digest));
    if (size > maxBytes) {
      throw new ImageException(
          ImageException.Kind.EXHAUSTED,
          "the document " + digest + " has " + size + " bytes; at most " + maxBytes + " are read");
    }
    return Files.readAllBytes(path(digest));
  }

  @Override
  public void put(Digest digest, long sizeBytes, InputStream content) throws IOException {
    try (Upload upload = resume(digest, sizeBytes)) {
      if (upload.alreadyPresent()) {
        return;
      }
      if (upload.offsetBytes() > 0) {
        upload.restart();
      }
      byte[] buffer = new byte[BUFFER_BYTES];
      long left = sizeBytes;
      int count;
      // One byte more than expected is enough to know that the size is wrong.
      while (left >= 0 && (count = content.read(buffer)) > 0) {
        left -= count;
        if (left >= 0) {
          upload.append(ByteBuffer.wrap(buffer, 0, count));
        }
      }
      if (left != 0) {
        upload.restart();
        throw new ImageException(
            ImageException.Kind.INVALID_ARGUMENT,
            "the content of "
                + digest
                + (left < 0
                    ? " is longer than the " + sizeBytes + " bytes it should have"
                    : " ends " + left + " bytes too early"));
      }
      upload.commit();
    }
  }

  @Override
  public Descriptor put(String mediaType, InputStream content, long maxBytes) throws IOException {
    return write(mediaType, maxBytes, content::transferTo, digest -> {});
  }

  /** Writes the content of a blob whose digest shows only in the end. */
  @FunctionalInterface
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /** {@code known} is told the digest before the blob becomes visible. */
  private Descriptor write(String mediaType, long maxBytes, Content content, Consumer<Digest> known)
      throws IOException {
    Path temporary = uploads.resolve(TEMPORARY + UUID.randomUUID());
    try {
      Digest digest;
      long size;
      try (FileChannel file = FileChannel.open(temporary, CREATE, WRITE)) {
        HashingOutput out = new HashingOutput(file, maxBytes);
        content.writeTo(out);
        file.force(true);
        digest = digest(out.hasher);
        size = out.size;
      }
      known.accept(digest);
      try (KeyedLocks.Held _ = writers.take(digest)) {
        if (size(digest).isEmpty()) {
          DurableFiles.move(temporary, path(digest));
        }
      }
      return new Descriptor(mediaType, digest, size);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Counts and hashes what it writes. */
  private static final class HashingOutput extends OutputStream {
    private final FileChannel file;
    private final long maxBytes;
    private final MessageDigest hasher = hasher("sha256");
    private long size;

    HashingOutput(FileChannel file, long maxBytes) {
      this.file = file;
      this.maxBytes = maxBytes;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      size += length;
      if (size > maxBytes) {
        throw new ImageException(
            ImageException.Kind.EXHAUSTED,
            "content of more than the " + maxBytes + " bytes allowed for it");
      }
      hasher.update(bytes, offset, length);
      writeAll(file, ByteBuffer.wrap(bytes, offset, length));
    }
  }

  static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  @Override
  public Upload resume(Digest digest, long sizeBytes) throws IOException {
    KeyedLocks.Held held = writers.take(digest);
    try {
      return new BlobTransfer(digest, sizeBytes, size(digest), partial(digest), path(digest), held);
    } catch (IOException | RuntimeException e) {
      held.close();
      throw e;
    }
  }

  @Override
  public void delete(Digest digest) throws IOException {
    try (KeyedLocks.Held _ = writers.take(digest)) {
      Files.deleteIfExists(path(digest));
    }
  }

  private Path partial(Digest digest) {
    return uploads.resolve(digest.algorithm() + "-" + digest.hex());
  }

  /** All blobs that are here. */
  List<Digest> list() throws IOException {
    List<Digest> all = new ArrayList<>();
    for (String algorithm : List.of("sha256", "sha512")) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(blobs.resolve(algorithm))) {
        for (Path file : files) {
          all.add(new Digest(algorithm, String.valueOf(file.getFileName())));
        }
      }
    }
    return all;
  }

  /**
   * Removes blobs and partial transfers that are neither kept nor pinned.
   *
   * @return the bytes given back
   */
  long collect(Set<Digest> kept) throws IOException {
    long reclaimed = collect(list(), kept);
    try (DirectoryStream<Path> partials = Files.newDirectoryStream(uploads, "sha*")) {
      for (Path partial : partials) {
        String[] parts = String.valueOf(partial.getFileName()).split("-", 2);
        reclaimed += deleteUnpinned(new Digest(parts[0], parts[1]), partial);
      }
    }
    return reclaimed;
  }

  /** As {@link #collect(Set)}, but of these blobs only. */
  long collect(Collection<Digest> candidates, Set<Digest> kept) throws IOException {
    long reclaimed = 0;
    for (Digest digest : candidates) {
      if (!kept.contains(digest) && size(digest).isPresent()) {
        reclaimed += deleteUnpinned(digest, path(digest));
      }
    }
    return reclaimed;
  }

  private long deleteUnpinned(Digest digest, Path file) throws IOException {
    long size = Files.size(file);
    return pins.unlessPinned(digest, () -> Files.deleteIfExists(file)) ? size : 0;
  }

  /** Keeps digests from garbage collection until it is closed. */
  Lease lease() {
    return new Lease();
  }

  /** The store, seen by one operation that brings or needs content. */
  final class Lease implements BlobStore, AutoCloseable {
    private final Pins<Digest>.Lease pinned = pins.lease();

    private Lease() {}

    void pin(Digest digest) {
      pinned.pin(digest);
    }

    /** All that this operation touched. */
    Set<Digest> touched() {
      return pinned.pinned();
    }

    @Override
    public Optional<Long> size(Digest digest) {
      pin(digest);
      return BlobFolder.this.size(digest);
    }

    @Override
    public FileChannel open(Digest digest) throws IOException {
      pin(digest);
      return BlobFolder.this.open(digest);
    }

    @Override
    public Path path(Digest digest) {
      pin(digest);
      return BlobFolder.this.path(digest);
    }

    @Override
    public void put(Digest digest, long sizeBytes, InputStream content) throws IOException {
      pin(digest);
      BlobFolder.this.put(digest, sizeBytes, content);
    }

    @Override
    public Descriptor put(String mediaType, InputStream content, long maxBytes) throws IOException {
      return write(mediaType, maxBytes, content::transferTo);
    }

    /** How much more a source whose size nobody knows may bring. */
    long roomBytes() throws IOException {
      return UnpackLimits.room(uploads);
    }

    /** As {@code put}, for content that is written rather than read. */
    Descriptor write(String mediaType, long maxBytes, Content content) throws IOException {
      return BlobFolder.this.write(mediaType, maxBytes, content, this::pin);
    }

    @Override
    public Upload resume(Digest digest, long sizeBytes) throws IOException {
      pin(digest);
      return BlobFolder.this.resume(digest, sizeBytes);
    }

    @Override
    public void delete(Digest digest) throws IOException {
      BlobFolder.this.delete(digest);
    }

    byte[] read(Digest digest, long maxBytes) throws IOException {
      pin(digest);
      return BlobFolder.this.read(digest, maxBytes);
    }

    @Override
    public void close() {
      pinned.close();
    }
  }
}
