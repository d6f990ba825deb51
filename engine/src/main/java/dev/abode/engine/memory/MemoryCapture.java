package dev.abode.engine.memory;

import dev.abode.linux.HostMemory;
import dev.abode.linux.SparseFile.Extent;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A guest's own memory at one moment, on its way to a file. The guest stands still while it is
 * taken into memory of ours, and goes on while that is written; one too large for that stands still
 * until the file is written.
 */
public final class MemoryCapture {
  private static final int CHUNK_BYTES = 8 << 20;

  /** A quarter of what there is now. */
  private static final int SPARE = 4;

  /** Of the memory that the host can give, this part may be taken for a moment. */
  private static final int SHARE = 4;

  private final Path file;
  private final MemorySegment room;

  /** What lies in the room one after the other; empty when the file is written. */
  private final Optional<List<Extent>> pending;

  private MemoryCapture(Path file, MemorySegment room, Optional<List<Extent>> pending) {
    this.file = file;
    this.room = room;
    this.pending = pending;
  }

  /**
   * Memory to capture into, made while the guest runs: getting it from the kernel takes as long as
   * filling it does. There is some to spare for what the guest writes meanwhile.
   *
   * @return of no bytes when the host cannot give four times as much
   */
  public static MemorySegment room(GuestMemory memory, Arena arena) throws IOException {
    long own = bytes(memory.own());
    long wanted = own + own / SPARE + CHUNK_BYTES;
    return arena.allocate(wanted <= HostMemory.availableBytes() / SHARE ? wanted : 0);
  }

  /**
   * Takes what is the guest's own of {@code memory}, which stands still: into {@code room} if it
   * fits, otherwise into {@code file} at once.
   *
   * @param room nobody else's until the capture is complete
   * @param file must not exist
   */
  public static MemoryCapture of(GuestMemory memory, MemorySegment room, Path file)
      throws IOException {
    List<Extent> parts = parts(memory.own());
    if (bytes(parts) > room.byteSize()) {
      write(memory, parts, file);
      return new MemoryCapture(file, room, Optional.empty());
    }
    try (FileChannel space = memory.open()) {
      long at = 0;
      for (Extent part : parts) {
        memory.read(space, part.offsetBytes(), slice(room, at, part));
        at += part.lengthBytes();
      }
    }
    return new MemoryCapture(file, room, Optional.of(parts));
  }

  /**
   * Writes what is the guest's own of {@code memory}, which stands still, to a new file, with holes
   * where it is not its own; synced.
   */
  public static void write(GuestMemory memory, Path file) throws IOException {
    write(memory, parts(memory.own()), file);
  }

  private static void write(GuestMemory memory, List<Extent> parts, Path file) throws IOException {
    try (FileChannel space = memory.open();
        FileChannel to = create(file);
        Arena arena = Arena.ofConfined()) {
      MemorySegment chunk = arena.allocate(CHUNK_BYTES);
      for (Extent part : parts) {
        memory.read(space, part.offsetBytes(), slice(chunk, 0, part));
        write(slice(chunk, 0, part), to, part.offsetBytes());
      }
      to.force(true);
    }
  }

  /** The file is as {@link #write(GuestMemory, Path)} would have written it, when this returns. */
  public void complete() throws IOException {
    if (pending.isEmpty()) {
      return;
    }
    try (FileChannel to = create(file)) {
      long at = 0;
      for (Extent part : pending.get()) {
        write(slice(room, at, part), to, part.offsetBytes());
        at += part.lengthBytes();
      }
      to.force(true);
    }
  }

  private static FileChannel create(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  private static ByteBuffer slice(MemorySegment memory, long at, Extent part) {
    return memory.asSlice(at, part.lengthBytes()).asByteBuffer();
  }

  private static void write(ByteBuffer bytes, FileChannel to, long offset) throws IOException {
    for (long at = offset; bytes.hasRemaining(); ) {
      at += to.write(bytes, at);
    }
  }

  private static long bytes(List<Extent> extents) {
    return extents.stream().mapToLong(Extent::lengthBytes).sum();
  }

  /** The same in parts that one chunk holds. */
  private static List<Extent> parts(List<Extent> extents) {
    List<Extent> parts = new ArrayList<>();
    for (Extent extent : extents) {
      for (long at = extent.offsetBytes(); at < extent.endBytes(); at += CHUNK_BYTES) {
        parts.add(new Extent(at, Math.min(CHUNK_BYTES, extent.endBytes() - at)));
      }
    }
    return parts;
  }
}
