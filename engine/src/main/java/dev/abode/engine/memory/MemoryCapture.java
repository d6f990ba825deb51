package dev.abode.engine.memory;

import dev.abode.linux.SparseFile.Extent;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A guest's own memory at one moment, in memory of ours: the guest stands still while it is taken,
 * and goes on while it is written to a disk.
 */
public final class MemoryCapture {
  private static final int CHUNK_BYTES = 64 << 20;

  private final List<Extent> extents;
  private final MemorySegment bytes;
  private final long sizeBytes;

  private MemoryCapture(List<Extent> extents, MemorySegment bytes, long sizeBytes) {
    this.extents = extents;
    this.bytes = bytes;
    this.sizeBytes = sizeBytes;
  }

  /**
   * Takes what is the guest's own of {@code memory}.
   *
   * @param arena holds it until it is closed
   */
  public static MemoryCapture of(GuestMemory memory, Arena arena) throws IOException {
    List<Extent> extents = memory.own();
    try (FileChannel space = memory.open()) {
      long total = extents.stream().mapToLong(Extent::lengthBytes).sum();
      MemorySegment bytes = arena.allocate(Math.max(total, 1));
      long at = 0;
      for (Extent extent : extents) {
        for (long done = 0; done < extent.lengthBytes(); ) {
          long part = Math.min(CHUNK_BYTES, extent.lengthBytes() - done);
          memory.read(space, extent.offsetBytes() + done, bytes.asSlice(at, part).asByteBuffer());
          at += part;
          done += part;
        }
      }
      return new MemoryCapture(extents, bytes, memory.sizeBytes());
    }
  }

  /** Writes it to a new file, with holes where the guest's memory is not its own; synced. */
  public void writeTo(Path file) throws IOException {
    try (FileChannel to =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      long at = 0;
      for (Extent extent : extents) {
        for (long done = 0; done < extent.lengthBytes(); ) {
          long part = Math.min(CHUNK_BYTES, extent.lengthBytes() - done);
          ByteBuffer chunk = bytes.asSlice(at, part).asByteBuffer();
          long position = extent.offsetBytes() + done;
          while (chunk.hasRemaining()) {
            position += to.write(chunk, position);
          }
          at += part;
          done += part;
        }
      }
      to.force(true);
    }
  }

  /** How much there is of it. */
  public long ownBytes() {
    return extents.stream().mapToLong(Extent::lengthBytes).sum();
  }

  /** Of the guest's whole memory. */
  public long sizeBytes() {
    return sizeBytes;
  }
}
