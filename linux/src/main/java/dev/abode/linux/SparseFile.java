package dev.abode.linux;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Files of which most was never written, {@code lseek(2)} with SEEK_DATA and SEEK_HOLE. */
public final class SparseFile {
  /** {@code O_RDONLY | O_CLOEXEC} of asm-generic/fcntl.h. */
  private static final int OPEN_FLAGS = 02000000;

  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  /** No data behind the offset; also where a hole begins that an lseek was to look for. */
  private static final int ENXIO = 6;

  private static final MethodHandle OPEN =
      Native.function("open", Native.INT, Native.POINTER, Native.INT);
  private static final MethodHandle SEEK =
      Native.function("lseek", Native.LONG, Native.INT, Native.LONG, Native.INT);

  private SparseFile() {}

  /** A part of a file that holds data, between holes. */
  public record Extent(long offsetBytes, long lengthBytes) {
    public Extent {
      if (offsetBytes < 0 || lengthBytes <= 0) {
        throw new IllegalArgumentException("an extent at " + offsetBytes + " of " + lengthBytes);
      }
    }

    public long endBytes() {
      return offsetBytes + lengthBytes;
    }
  }

  /**
   * Copies a file, holes as holes. Where the file system can share blocks between files they are
   * shared, {@code copy_file_range(2)}.
   *
   * @param to must not exist; gets the permissions of a new file
   */
  public static void copy(Path from, Path to) throws IOException {
    List<Extent> extents = extents(from);
    try (FileChannel source = FileChannel.open(from);
        RandomAccessFile target = new RandomAccessFile(to.toFile(), "rw")) {
      target.setLength(source.size());
      for (Extent extent : extents) {
        copy(source, target.getChannel(), extent);
      }
    }
  }

  private static void copy(FileChannel from, FileChannel to, Extent extent) throws IOException {
    for (long at = extent.offsetBytes(); at < extent.endBytes(); ) {
      to.position(at);
      long copied = from.transferTo(at, extent.endBytes() - at, to);
      if (copied <= 0) {
        throw new IOException("a file became shorter while it was copied");
      }
      at += copied;
    }
  }

  /** Where {@code file}, links at its end followed, has data, in order. */
  public static List<Extent> extents(Path file) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      int number = (int) OPEN.invokeExact(errno, Native.string(arena, file.toString()), OPEN_FLAGS);
      if (number < 0) {
        throw new KernelException("open", file.toString(), Native.errno(errno));
      }
      try (Descriptor open = Descriptor.own(number)) {
        return extents(open, file.toString(), errno);
      }
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  private static List<Extent> extents(Descriptor file, String name, MemorySegment errno)
      throws Throwable {
    List<Extent> extents = new ArrayList<>();
    long end = 0;
    while (true) {
      long data = (long) SEEK.invokeExact(errno, file.number(), end, SEEK_DATA);
      if (data < 0 && Native.errno(errno) == ENXIO) {
        return extents;
      }
      if (data >= 0) {
        end = (long) SEEK.invokeExact(errno, file.number(), data, SEEK_HOLE);
      }
      if (data < 0 || end < 0) {
        throw new KernelException("lseek", name, Native.errno(errno));
      }
      extents.add(new Extent(data, end - data));
    }
  }
}
