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
  private static final int CHUNK_BYTES = 8 << 20;

  /** A quarter of what there is now. */
  private static final int SPARE = 4;

  private final List<Extent> extents;
  private final MemorySegment bytes;
  private final long sizeBytes;

  private MemoryCapture(List<Extent> extents, MemorySegment bytes, long sizeBytes) {
    this.extents = extents;
    this.bytes = bytes;
    this.sizeBytes = sizeBytes;
  }

  /**
   * Memory to capture into, made while the guest runs: getting it from the kernel takes as long as
   * filling it does. There is some to spare for what the guest writes meanwhile.
   */
  public static MemorySegment room(GuestMemory memory, Arena arena) throws IOException {
    long own = memory.own().stream().mapToLong(Extent::lengthBytes).sum();
    return arena.allocate(own + own / SPARE + CHUNK_BYTES);
  }

  /**
   * Takes what is the guest's own of {@code memory}.
   *
   * @param arena holds it until it is closed
   * @param room to put it into, if it fits
   */
  public static MemoryCapture of(GuestMemory memory, Arena arena, MemorySegment room)
      throws IOException {
    List<Extent> extents = memory.own();
    try (FileChannel space = memory.open()) {
      long total = extents.stream().mapToLong(Extent::lengthBytes).sum();
      MemorySegment bytes = total <= room.byteSize() ? room : arena.allocate(total);
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
