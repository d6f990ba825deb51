package dev.abode.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Network interfaces whose other end is a process, Documentation/networking/tuntap: what the
 * process writes comes out of the interface. Linux makes them with {@code ioctl(2)} only.
 */
public final class TapDevice {
  /** The device file that a process opens to be the other end. */
  public static final Path CONTROL = Path.of("/dev/net/tun");

  /** linux/if_tun.h */
  private static final long TUNSETIFF = 0x400454ca;

  private static final long TUNSETPERSIST = 0x400454cb;
  private static final long TUNSETOWNER = 0x400454cc;
  private static final short TAP = 0x0002;
  private static final short NO_PACKET_INFORMATION = 0x1000;
  private static final short CHECKSUM_HEADER = 0x4000;

  /** {@code struct ifreq} of linux/if.h: a name and a union. */
  private static final int IFREQ_BYTES = 40;

  private static final int NAME_BYTES = 16;
  private static final int O_RDWR = 2;
  private static final long NR_IOCTL = Native.number(16, 29);
  private static final MethodHandle IOCTL = Native.syscall(3);

  private TapDevice() {}

  /**
   * Makes the interface {@code name} in the network namespace of the calling thread, where it stays
   * until it is deleted or the namespace ends.
   *
   * @param owner the host's user id that may be its other end, beside root
   * @throws KernelException EBUSY when the name is taken, ENOENT when the host has no tun driver
   */
  public static void create(String name, long owner) throws KernelException {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length >= NAME_BYTES) {
      throw new IllegalArgumentException("no interface can be called " + name);
    }
    try (Arena arena = Arena.ofConfined();
        Descriptor control =
            Descriptor.own(
                FileTreeCalls.open(FileTreeCalls.AT_FDCWD, CONTROL.toString(), O_RDWR, 0, 0))) {
      MemorySegment request = arena.allocate(IFREQ_BYTES, 8);
      MemorySegment.copy(bytes, 0, request, ValueLayout.JAVA_BYTE, 0, bytes.length);
      request.set(
          ValueLayout.JAVA_SHORT,
          NAME_BYTES,
          (short) (TAP | NO_PACKET_INFORMATION | CHECKSUM_HEADER));
      ioctl(arena, control, name, TUNSETIFF, request.address());
      ioctl(arena, control, name, TUNSETOWNER, owner);
      ioctl(arena, control, name, TUNSETPERSIST, 1);
    }
  }

  private static void ioctl(
      Arena arena, Descriptor control, String name, long request, long argument)
      throws KernelException {
    try {
      MemorySegment errno = Native.errnoSegment(arena);
      long result =
          (long) IOCTL.invokeExact(errno, NR_IOCTL, (long) control.number(), request, argument);
      if (result < 0) {
        throw new KernelException("ioctl", "interface " + name, Native.errno(errno));
      }
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }
}
