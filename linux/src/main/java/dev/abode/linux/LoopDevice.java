package dev.abode.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file as a block device, {@code loop(4)}. The device goes by itself with its last user: when
 * this object is closed and nothing is mounted from it any more, or when this process dies. So
 * nothing ever has to look for forgotten ones.
 *
 * <p>A file has one device at a time. What was unmounted here may live on in some other mount
 * namespace that was copied meanwhile, and a second device would then be a second file system that
 * writes to the same blocks; through the same device the kernel shows the same file system.
 */
public final class LoopDevice implements AutoCloseable {
  private static final Path BLOCK_DEVICES = Path.of("/sys/block");
  private static final Path CONTROL = Path.of("/dev/loop-control");

  /** linux/loop.h */
  private static final long LOOP_CTL_GET_FREE = 0x4C82;

  private static final long LOOP_GET_STATUS64 = 0x4C05;

  private static final long LOOP_CONFIGURE = 0x4C0A;
  private static final int AUTOCLEAR = 4;
  private static final int DIRECT_IO = 16;

  /** {@code struct loop_config}: descriptor, block size, {@code struct loop_info64}, reserved. */
  private static final int CONFIG_BYTES = 4 + 4 + 232 + 64;

  private static final int FLAGS_AT = 8 + 52;

  private static final int O_RDWR = 2;
  private static final long NR_IOCTL = Native.number(16, 29);
  private static final MethodHandle IOCTL = Native.syscall(3);

  private final Path path;
  private final Descriptor descriptor;

  private LoopDevice(Path path, Descriptor descriptor) {
    this.path = path;
    this.descriptor = descriptor;
  }

  /**
   * Makes a block device of {@code file}, or finds the one it has. For one file, one caller at a
   * time.
   *
   * @throws KernelException ENOENT or EPERM when this host gives us no loop devices
   */
  public static LoopDevice of(Path file) throws IOException {
    try (Descriptor backing = open(file);
        Descriptor control = open(CONTROL)) {
      FileTreeStatus status = FileTreeCalls.status(backing.number(), "");
      Optional<LoopDevice> present = present(status);
      if (present.isPresent()) {
        return present.get();
      }
      while (true) {
        long number = ioctl(control, CONTROL, LOOP_CTL_GET_FREE, 0);
        Path path = Path.of("/dev/loop" + number);
        Descriptor device = open(path);
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment config = arena.allocate(CONFIG_BYTES, 8);
          config.set(ValueLayout.JAVA_INT, 0, backing.number());
          config.set(ValueLayout.JAVA_INT, FLAGS_AT, AUTOCLEAR | DIRECT_IO);
          ioctl(device, path, LOOP_CONFIGURE, config.address());
          return new LoopDevice(path, device);
        } catch (KernelException e) {
          device.close();
          // Somebody else was faster with the same free number.
          if (e.errno() != Errno.EBUSY) {
            throw e;
          }
        }
      }
    }
  }

  private static Optional<LoopDevice> present(FileTreeStatus file) throws IOException {
    try (DirectoryStream<Path> names = Files.newDirectoryStream(BLOCK_DEVICES, "loop*")) {
      for (Path name : names) {
        if (!Files.isDirectory(name.resolve("loop"))) {
          continue;
        }
        Path path = Path.of("/dev").resolve(name.getFileName());
        Descriptor device = open(path);
        // From here on it cannot go by itself, if it has not yet.
        if (isBackedBy(device, path, file)) {
          return Optional.of(new LoopDevice(path, device));
        }
        device.close();
      }
    }
    return Optional.empty();
  }

  private static boolean isBackedBy(Descriptor device, Path path, FileTreeStatus file) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(232, 8);
      ioctl(device, path, LOOP_GET_STATUS64, info.address());
      long major = file.device().major();
      long minor = file.device().minor();
      long number = (minor & 0xff) | (major << 8) | ((minor & ~0xffL) << 12);
      return info.get(ValueLayout.JAVA_LONG, 0) == number
          && info.get(ValueLayout.JAVA_LONG, 8) == file.inode();
    } catch (KernelException e) {
      // It went between the two looks.
      return false;
    }
  }

  /** For {@code mount(2)}, as long as this is open. */
  public Path path() {
    return path;
  }

  @Override
  public void close() {
    descriptor.close();
  }

  private static Descriptor open(Path path) throws KernelException {
    return Descriptor.own(
        FileTreeCalls.open(FileTreeCalls.AT_FDCWD, path.toString(), O_RDWR, 0, 0));
  }

  private static long ioctl(Descriptor descriptor, Path subject, long request, long argument)
      throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      long result =
          (long) IOCTL.invokeExact(errno, NR_IOCTL, (long) descriptor.number(), request, argument);
      if (result < 0) {
        throw new KernelException("ioctl", subject.toString(), Native.errno(errno));
      }
      return result;
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }
}
