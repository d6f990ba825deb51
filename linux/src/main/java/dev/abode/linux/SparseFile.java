package dev.abode.linux;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Files of which most was never written, {@code lseek(2)} with SEEK_DATA and SEEK_HOLE. They may be
 * written to while they are copied; what then is copied of the parts that change is anybody's
 * guess.
 */
public final class SparseFile {
  /** {@code O_RDONLY | O_CLOEXEC} of asm-generic/fcntl.h. */
  private static final int READ_FLAGS = 02000000;

  /** {@code O_RDWR | O_CLOEXEC}. */
  private static final int WRITE_FLAGS = 02000002;

  /** {@code FICLONE} of linux/fs.h, {@code ioctl_ficlone(2)}. */
  private static final long CLONE = 0x40049409;

  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  /** Nothing at the offset or behind it. */
  private static final int ENXIO = 6;

  private static final MethodHandle OPEN =
      Native.function("open", Native.INT, Native.POINTER, Native.INT);
  private static final MethodHandle SEEK =
      Native.function("lseek", Native.LONG, Native.INT, Native.LONG, Native.INT);
  private static final long NR_IOCTL = Native.number(16, 29);
  private static final MethodHandle IOCTL = Native.syscall(3);

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

  /** Makes {@code file} one of that size in which nothing is; what was in it is gone. */
  public static void empty(Path file, long sizeBytes) throws IOException {
    try (RandomAccessFile emptied = new RandomAccessFile(file.toFile(), "rw")) {
      emptied.setLength(0);
      emptied.setLength(sizeBytes);
    }
  }

  /**
   * Copies a file, holes as holes. Where the file system can share blocks between files they are
   * shared, {@code copy_file_range(2)}.
   *
   * @param to must not exist; gets the permissions of a new file
   */
  public static void copy(Path from, Path to) throws IOException {
    copy(from, to, List.of(new Extent(0, Long.MAX_VALUE)));
  }

  /**
   * As {@link #copy(Path, Path)}, but only the data in {@code parts}. The rest is a hole.
   *
   * @param parts in order, as {@link #extents} finds them; what is a hole in them by now stays one
   */
  public static void copy(Path from, Path to, List<Extent> parts) throws IOException {
    try (Walk walk = Walk.over(from);
        FileChannel source = FileChannel.open(from);
        RandomAccessFile target = new RandomAccessFile(to.toFile(), "rw")) {
      target.setLength(source.size());
      for (Extent part : parts) {
        copy(walk, part, source, target.getChannel());
      }
    }
  }

  /**
   * Copies what is data in {@code from} over what is there in {@code onto}, and leaves the rest of
   * it. What is behind the end of {@code onto} is left out.
   */
  public static void lay(Path from, Path onto) throws IOException {
    try (Walk walk = Walk.over(from);
        FileChannel source = FileChannel.open(from);
        FileChannel target = FileChannel.open(onto, StandardOpenOption.WRITE)) {
      if (target.size() > 0) {
        copy(walk, new Extent(0, target.size()), source, target);
      }
    }
  }

  private static void copy(Walk walk, Extent part, FileChannel from, FileChannel to)
      throws IOException {
    for (long at = part.offsetBytes(); at < part.endBytes(); ) {
      Optional<Extent> next = walk.next(at);
      if (next.isEmpty() || next.get().offsetBytes() >= part.endBytes()) {
        return;
      }
      at = Math.min(next.get().endBytes(), part.endBytes());
      transfer(from, to, next.get().offsetBytes(), at);
    }
  }

  private static void transfer(FileChannel from, FileChannel to, long begin, long end)
      throws IOException {
    for (long at = begin; at < end; ) {
      to.position(at);
      long copied = from.transferTo(at, end - at, to);
      if (copied <= 0) {
        throw new IOException("a file became shorter while it was copied");
      }
      at += copied;
    }
  }

  /**
   * Makes {@code to} have the content of {@code from} by sharing all its blocks, {@code
   * ioctl_ficlone(2)}: at once, however much there is.
   *
   * @param to must exist
   * @return false when the file system cannot do that, and nothing has happened
   */
  public static boolean share(Path from, Path to) throws KernelException {
    try (Arena arena = Arena.ofConfined();
        Descriptor source = open(from, READ_FLAGS);
        Descriptor target = open(to, WRITE_FLAGS)) {
      MemorySegment errno = Native.errnoSegment(arena);
      long result =
          (long)
              IOCTL.invokeExact(
                  errno, NR_IOCTL, (long) target.number(), CLONE, (long) source.number());
      if (result >= 0) {
        return true;
      }
      int error = Native.errno(errno);
      if (error == Errno.EOPNOTSUPP || error == Errno.EINVAL || error == Errno.EXDEV) {
        return false;
      }
      throw new KernelException("ioctl FICLONE", to.toString(), error);
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  /** Where {@code file}, links at its end followed, has data, in order. */
  public static List<Extent> extents(Path file) throws KernelException {
    return extents(file, 1);
  }

  /**
   * The same, where holes of less than {@code leastHoleBytes} between data count as data. So there
   * are never more of them than the size of the file allows for.
   */
  public static List<Extent> extents(Path file, long leastHoleBytes) throws KernelException {
    List<Extent> extents = new ArrayList<>();
    try (Walk walk = Walk.over(file)) {
      for (Optional<Extent> next = walk.next(0); next.isPresent(); ) {
        Extent extent = next.get();
        next = walk.next(extent.endBytes());
        while (next.isPresent() && next.get().offsetBytes() - extent.endBytes() < leastHoleBytes) {
          long end = next.get().endBytes();
          extent = new Extent(extent.offsetBytes(), end - extent.offsetBytes());
          next = walk.next(end);
        }
        extents.add(extent);
      }
    }
    return extents;
  }

  private static Descriptor open(Path file, int flags) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      int number = (int) OPEN.invokeExact(errno, Native.string(arena, file.toString()), flags);
      if (number < 0) {
        throw new KernelException("open", file.toString(), Native.errno(errno));
      }
      return Descriptor.own(number);
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  /** Goes from data to data. */
  private record Walk(Path file, Descriptor descriptor) implements AutoCloseable {
    static Walk over(Path file) throws KernelException {
      return new Walk(file, open(file, READ_FLAGS));
    }

    /** The first data at {@code from} or behind it. */
    Optional<Extent> next(long from) throws KernelException {
      long data = seek(from, SEEK_DATA);
      while (data >= 0) {
        long end = seek(data, SEEK_HOLE);
        if (end > data) {
          return Optional.of(new Extent(data, end - data));
        }
        // What was there a moment ago has been taken away meanwhile, or all that follows has.
        data = end < 0 ? -1 : seek(data, SEEK_DATA);
      }
      return Optional.empty();
    }

    /** The place; -1 when there is none. */
    private long seek(long from, int what) throws KernelException {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment errno = Native.errnoSegment(arena);
        long place = (long) SEEK.invokeExact(errno, descriptor.number(), from, what);
        if (place < 0 && Native.errno(errno) != ENXIO) {
          throw new KernelException("lseek", file.toString(), Native.errno(errno));
        }
        return Math.max(place, -1);
      } catch (KernelException e) {
        throw e;
      } catch (Throwable t) {
        throw Native.impossible(t);
      }
    }

    @Override
    public void close() {
      descriptor.close();
    }
  }
}
