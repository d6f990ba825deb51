package dev.abode.image.registry;

import dev.abode.image.BlobStore;
import dev.abode.image.Descriptor;
import dev.abode.image.Digest;
import dev.abode.image.ImageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** The least a {@link BlobStore} can be: files by digest, partial ones beside them. */
final class FolderStore implements BlobStore {
  private final Path folder;
  private final Map<Digest, ReentrantLock> writers = new ConcurrentHashMap<>();

  FolderStore(Path folder) {
    this.folder = folder;
  }

  /** Where a transfer that broke keeps what has come. */
  Path partial(Digest digest) {
    return folder.resolve(digest.hex() + ".partial");
  }

  @Override
  public Path path(Digest digest) {
    return folder.resolve(digest.hex());
  }

  @Override
  public Optional<Long> size(Digest digest) {
    return Optional.of(path(digest).toFile()).filter(f -> f.exists()).map(f -> f.length());
  }

  @Override
  public FileChannel open(Digest digest) throws IOException {
    if (size(digest).isEmpty()) {
      throw new ImageException(ImageException.Kind.NOT_FOUND, digest + " is not here");
    }
    return FileChannel.open(path(digest));
  }

  @Override
  public void put(Digest digest, long sizeBytes, InputStream content) throws IOException {
    try (Upload upload = resume(digest, sizeBytes)) {
      if (!upload.alreadyPresent()) {
        upload.restart();
        upload.append(ByteBuffer.wrap(content.readAllBytes()));
        upload.commit();
      }
    }
  }

  @Override
  public Descriptor put(String mediaType, InputStream content, long maxBytes) throws IOException {
    byte[] bytes = content.readAllBytes();
    Digest digest = Manifests.digestOf(new Manifests.Bytes(bytes), "sha256");
    Files.write(path(digest), bytes);
    return new Descriptor(mediaType, digest, bytes.length);
  }

  /** Stores a text as a blob. */
  Descriptor put(String mediaType, String content) throws IOException {
    return put(
        mediaType,
        new java.io.ByteArrayInputStream(content.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
        Long.MAX_VALUE);
  }

  @Override
  public Upload resume(Digest digest, long sizeBytes) throws IOException {
    ReentrantLock lock = writers.computeIfAbsent(digest, d -> new ReentrantLock());
    lock.lock();
    FileChannel file =
        FileChannel.open(
            partial(digest),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.APPEND);
    return new PartialFile(digest, sizeBytes, file, lock);
  }

  @Override
  public void delete(Digest digest) throws IOException {
    Files.deleteIfExists(path(digest));
  }

  private final class PartialFile implements Upload {
    private final Digest digest;
    private final long sizeBytes;
    private final FileChannel file;
    private final ReentrantLock lock;

    PartialFile(Digest digest, long sizeBytes, FileChannel file, ReentrantLock lock) {
      this.digest = digest;
      this.sizeBytes = sizeBytes;
      this.file = file;
      this.lock = lock;
    }

    @Override
    public long offsetBytes() {
      return partial(digest).toFile().length();
    }

    @Override
    public boolean alreadyPresent() {
      return size(digest).isPresent();
    }

    @Override
    public void append(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
    }

    @Override
    public void restart() throws IOException {
      file.truncate(0);
    }

    @Override
    public void commit() throws IOException {
      byte[] all = Files.readAllBytes(partial(digest));
      Digest actual = Manifests.digestOf(new Manifests.Bytes(all), digest.algorithm());
      if (all.length != sizeBytes || !actual.equals(digest)) {
        Files.delete(partial(digest));
        throw new ImageException(
            ImageException.Kind.INVALID_ARGUMENT, digest + " was promised and " + actual + " came");
      }
      Files.move(partial(digest), path(digest), StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void close() throws IOException {
      file.close();
      lock.unlock();
    }
  }
}
