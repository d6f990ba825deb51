package dev.abode.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Content by digest, on disk. A blob is either there, whole and verified, or not there. Partial
 * content of an interrupted transfer is kept aside under its digest and can be continued.
 *
 * <p>Safe for many threads and for a process that dies at any moment: a blob appears by rename.
 */
public interface BlobStore {

  /** The size in bytes of a blob that is here. */
  Optional<Long> size(Digest digest);

  /**
   * Opens a blob for reading.
   *
   * @throws ImageException of kind NOT_FOUND when it is not here
   */
  FileChannel open(Digest digest) throws IOException;

  /** The file of a blob that is here; not to be written. */
  Path path(Digest digest);

  /**
   * Stores {@code content} under the digest it must have; verified while it streams.
   *
   * @throws ImageException of kind INVALID_ARGUMENT when digest or size do not match; nothing is
   *     kept
   */
  void put(Digest digest, long sizeBytes, InputStream content) throws IOException;

  /** Stores content whose digest is not known before, at most {@code maxBytes} of it. */
  Descriptor put(String mediaType, InputStream content, long maxBytes) throws IOException;

  /**
   * Continues or begins a transfer of a blob. Only one writer of a digest at a time; others wait.
   */
  Upload resume(Digest digest, long sizeBytes) throws IOException;

  void delete(Digest digest) throws IOException;

  /** A transfer under way. Closing without {@link #commit} keeps what has come for the next try. */
  interface Upload extends AutoCloseable {
    /** How many bytes are here already; the next {@link #append} continues there. */
    long offsetBytes();

    /** Whether another writer finished the blob while this one waited; nothing is left to do. */
    boolean alreadyPresent();

    void append(java.nio.ByteBuffer bytes) throws IOException;

    /** Forgets what has come, because the source cannot continue in the middle. */
    void restart() throws IOException;

    /**
     * Verifies size and digest of all that has come and makes the blob visible.
     *
     * @throws ImageException of kind INVALID_ARGUMENT on a mismatch; the partial content is deleted
     */
    void commit() throws IOException;

    @Override
    void close() throws IOException;
  }
}
