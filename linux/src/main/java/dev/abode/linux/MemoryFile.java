package dev.abode.linux;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Anonymous files in memory that nobody can alter once made, {@code memfd_create(2)}. */
public final class MemoryFile {
  /** {@code MFD_CLOEXEC | MFD_ALLOW_SEALING} of linux/memfd.h. */
  private static final int FLAGS = 0x0001 | 0x0002;

  /** {@code MFD_EXEC}, since Linux 6.3: asked for explicitly where the default may be without. */
  private static final int EXECUTABLE = 0x0010;

  /** {@code F_ADD_SEALS} of linux/fcntl.h. */
  private static final long ADD_SEALS = 1033;

  /** {@code F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE}. */
  private static final long ALL_SEALS = 0x000f;

  private static final MethodHandle CREATE =
      Native.function("memfd_create", Native.INT, Native.POINTER, Native.INT);
  private static final MethodHandle WRITE =
      Native.function("write", Native.LONG, Native.INT, Native.POINTER, Native.LONG);
  private static final MethodHandle FCNTL = Native.syscall(3);
  private static final long NR_FCNTL = Native.number(72, 25);

  private MemoryFile() {}

  /**
   * A sealed file with {@code content}.
   *
   * @param name what {@code /proc/PID/fd} shows, for people
   */
  public static Descriptor sealed(String name, ByteBuffer content) throws KernelException {
    return sealed(name, content, FLAGS);
  }

  /** A sealed file that can be executed. */
  public static Descriptor executable(String name, ByteBuffer content) throws KernelException {
    try {
      return sealed(name, content, FLAGS | EXECUTABLE);
    } catch (KernelException e) {
      if (e.errno() != Errno.EINVAL) {
        throw e;
      }
      return sealed(name, content, FLAGS); // before Linux 6.3 all of them can
    }
  }

  /** Writes the content of a file that is being made. */
  @FunctionalInterface
  public interface Filling {
    void fill(FileChannel file) throws IOException;
  }

  /**
   * A sealed file of {@code sizeBytes}. What {@code filling} does not write is a hole, which takes
   * no memory and reads as zeros. Nobody can write to it afterwards, but anybody who has it may map
   * it privately and alter his own copies of its pages.
   */
  public static Descriptor sealed(String name, long sizeBytes, Filling filling) throws IOException {
    Descriptor file = create(name, FLAGS);
    try (RandomAccessFile content = new RandomAccessFile(file.path().toFile(), "rw")) {
      content.setLength(sizeBytes);
      filling.fill(content.getChannel());
      seal(file, name);
      return file;
    } catch (Throwable t) {
      file.close();
      throw t;
    }
  }

  private static Descriptor create(String name, int flags) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      int number = (int) CREATE.invokeExact(errno, Native.string(arena, name), flags);
      if (number < 0) {
        throw new KernelException("memfd_create", name, Native.errno(errno));
      }
      return Descriptor.own(number);
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  private static void seal(Descriptor file, String name) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      long sealed =
          (long) FCNTL.invokeExact(errno, NR_FCNTL, (long) file.number(), ADD_SEALS, ALL_SEALS);
      if (sealed < 0) {
        throw new KernelException("fcntl F_ADD_SEALS", name, Native.errno(errno));
      }
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }

  private static Descriptor sealed(String name, ByteBuffer content, int flags)
      throws KernelException {
    Descriptor file = create(name, flags);
    try (Arena arena = Arena.ofConfined()) {
      write(file, name, content, arena, Native.errnoSegment(arena));
      seal(file, name);
      return file;
    } catch (KernelException e) {
      file.close();
      throw e;
    } catch (Throwable t) {
      file.close();
      throw Native.impossible(t);
    }
  }

  private static void write(
      Descriptor file, String name, ByteBuffer content, Arena arena, MemorySegment errno)
      throws Throwable {
    MemorySegment bytes = arena.allocate(content.remaining(), 1);
    bytes.copyFrom(MemorySegment.ofBuffer(content));
    for (long done = 0; done < bytes.byteSize(); ) {
      MemorySegment rest = bytes.asSlice(done);
      long written = (long) WRITE.invokeExact(errno, file.number(), rest, rest.byteSize());
      if (written < 0) {
        throw new KernelException("write", name, Native.errno(errno));
      }
      done += written;
    }
  }
}
