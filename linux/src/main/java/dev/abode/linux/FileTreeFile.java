package dev.abode.linux;

import dev.abode.linux.FileTreeCalls.Call;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** The content of a regular file of a {@link FileTree}. For one thread at a time. */
public final class FileTreeFile implements AutoCloseable {
  private final int descriptor;
  private final String path;

  FileTreeFile(int descriptor, String path) {
    this.descriptor = descriptor;
    this.path = path;
  }

  public FileTreeStatus status() throws KernelException {
    return FileTreeCalls.status(descriptor, "");
  }

  /** {@code pwrite(2)}, all of it. */
  public void write(byte[] bytes, int offset, int length, long position) throws KernelException {
    MemorySegment buffer = FileTreeCalls.borrowBuffer();
    try (Arena arena = Arena.ofConfined()) {
      int done = 0;
      while (done < length) {
        int part = Math.min(length - done, FileTreeCalls.BUFFER_BYTES);
        MemorySegment.copy(bytes, offset + done, buffer, ValueLayout.JAVA_BYTE, 0, part);
        int written = 0;
        while (written < part) {
          written +=
              (int)
                  FileTreeCalls.call(
                      arena,
                      Call.PWRITE,
                      FileTreeCalls.shown(path),
                      descriptor,
                      buffer.address() + written,
                      part - written,
                      position + done + written,
                      0);
        }
        done += part;
      }
    } finally {
      FileTreeCalls.giveBack(buffer);
    }
  }

  /**
   * {@code pread(2)}.
   *
   * @return how many bytes were read, at least 1; -1 at the end of the file
   */
  public int read(byte[] bytes, int offset, int length, long position) throws KernelException {
    MemorySegment buffer = FileTreeCalls.borrowBuffer();
    try (Arena arena = Arena.ofConfined()) {
      int part = Math.min(length, FileTreeCalls.BUFFER_BYTES);
      int count =
          (int)
              FileTreeCalls.call(
                  arena,
                  Call.PREAD,
                  FileTreeCalls.shown(path),
                  descriptor,
                  buffer.address(),
                  part,
                  position,
                  0);
      MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, bytes, offset, count);
      return count == 0 && length > 0 ? -1 : count;
    } finally {
      FileTreeCalls.giveBack(buffer);
    }
  }

  /** {@code ftruncate(2)}: what is added is a hole. */
  public void resize(long sizeBytes) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      FileTreeCalls.call(
          arena, Call.FTRUNCATE, FileTreeCalls.shown(path), descriptor, sizeBytes, 0, 0, 0);
    }
  }

  /** {@code fsync(2)}. */
  public void sync() throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      FileTreeCalls.call(arena, Call.FSYNC, FileTreeCalls.shown(path), descriptor, 0, 0, 0, 0);
    }
  }

  /** A part of a file that holds data, between holes. */
  public record Extent(long offsetBytes, long lengthBytes) {
    public Extent {
      if (offsetBytes < 0 || lengthBytes < 0) {
        throw new IllegalArgumentException("an extent at " + offsetBytes + " of " + lengthBytes);
      }
    }
  }

  /**
   * Where the file has data, in order, {@code lseek(2)} SEEK_DATA and SEEK_HOLE. A file system that
   * knows no holes reports one extent.
   */
  public List<Extent> extents() throws KernelException {
    long size = status().sizeBytes();
    List<Extent> extents = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      long position = 0;
      while (position < size) {
        long data =
            FileTreeCalls.attempt(
                arena, Call.LSEEK, descriptor, position, FileTreeCalls.SEEK_DATA, 0, 0);
        if (data == -6 /* ENXIO: no data behind position */) {
          break;
        }
        if (data == -Errno.EINVAL) {
          return List.of(new Extent(0, size));
        }
        if (data < 0) {
          throw new KernelException("lseek", FileTreeCalls.shown(path), (int) -data);
        }
        long hole =
            FileTreeCalls.call(
                arena,
                Call.LSEEK,
                FileTreeCalls.shown(path),
                descriptor,
                data,
                FileTreeCalls.SEEK_HOLE,
                0,
                0);
        long end = Math.min(hole, size);
        if (end <= data) {
          break;
        }
        extents.add(new Extent(data, end - data));
        position = end;
      }
    }
    return extents;
  }

  /** The content from {@code position} on; closing the stream does not close the file. */
  public InputStream input(long position) {
    return new InputStream() {
      private long at = position;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
          return 0;
        }
        int count = FileTreeFile.this.read(bytes, offset, length, at);
        at += Math.max(0, count);
        return count;
      }
    };
  }

  @Override
  public void close() {
    FileTreeCalls.close(descriptor);
  }
}
