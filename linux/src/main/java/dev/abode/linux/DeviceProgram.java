package dev.abode.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Device programs of control groups v2, {@code bpf(2)}, {@code BPF_PROG_TYPE_CGROUP_DEVICE}. */
public final class DeviceProgram {
  // linux/bpf.h
  private static final long BPF_PROG_LOAD = 5;
  private static final long BPF_PROG_ATTACH = 8;
  private static final int BPF_PROG_TYPE_CGROUP_DEVICE = 15;
  private static final int BPF_CGROUP_DEVICE = 6;
  private static final int BPF_F_ALLOW_MULTI = 2;
  private static final int ATTRIBUTE_BYTES = 128;

  // asm-generic/fcntl.h; O_DIRECTORY differs between x86-64 and arm64 and is not needed
  private static final int O_CLOEXEC = 0x8_0000;

  private static final MethodHandle SYSCALL = Native.syscall(3);
  private static final MethodHandle OPEN =
      Native.function("open", Native.INT, Native.POINTER, Native.INT);
  private static final MethodHandle CLOSE = Native.function("close", Native.INT, Native.INT);

  private DeviceProgram() {}

  private static long bpfNumber() {
    // asm/unistd_64.h and asm-generic/unistd.h
    return System.getProperty("os.arch").equals("aarch64") ? 280 : 321;
  }

  /**
   * Loads {@code instructions} and attaches them to {@code group} beside those already there; all
   * of them must allow a device for it to be used. The kernel drops the program with the group.
   *
   * @param instructions an array of {@code struct bpf_insn}, 8 bytes each
   * @throws KernelException EINVAL or EACCES when the kernel's verifier refuses the program
   */
  public static void attach(Path group, ByteBuffer instructions) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Native.errnoSegment(arena);
      int folder = open(arena, errno, group);
      try {
        int program = load(arena, errno, group, instructions);
        try {
          MemorySegment attach = arena.allocate(ATTRIBUTE_BYTES, 8);
          attach.set(Native.INT, 0, folder); // target_fd
          attach.set(Native.INT, 4, program); // attach_bpf_fd
          attach.set(Native.INT, 8, BPF_CGROUP_DEVICE); // attach_type
          attach.set(Native.INT, 12, BPF_F_ALLOW_MULTI); // attach_flags
          bpf(errno, "bpf(BPF_PROG_ATTACH)", group, BPF_PROG_ATTACH, attach);
        } finally {
          close(errno, program);
        }
      } finally {
        close(errno, folder);
      }
    }
  }

  private static int load(Arena arena, MemorySegment errno, Path group, ByteBuffer instructions)
      throws IOException {
    MemorySegment code = arena.allocate(instructions.remaining(), 8);
    code.copyFrom(MemorySegment.ofBuffer(instructions));
    MemorySegment load = arena.allocate(ATTRIBUTE_BYTES, 8);
    load.set(Native.INT, 0, BPF_PROG_TYPE_CGROUP_DEVICE); // prog_type
    load.set(Native.INT, 4, instructions.remaining() / 8); // insn_cnt
    load.set(Native.LONG, 8, code.address()); // insns
    load.set(Native.LONG, 16, Native.string(arena, "Apache-2.0").address()); // license
    return bpf(errno, "bpf(BPF_PROG_LOAD)", group, BPF_PROG_LOAD, load);
  }

  private static int bpf(
      MemorySegment errno, String name, Path group, long command, MemorySegment attribute)
      throws IOException {
    long result;
    try {
      result =
          (long)
              SYSCALL.invokeExact(
                  errno, bpfNumber(), command, attribute.address(), (long) ATTRIBUTE_BYTES);
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
    if (result < 0) {
      throw new KernelException(name, "for " + group, Native.errno(errno));
    }
    return (int) result;
  }

  private static int open(Arena arena, MemorySegment errno, Path group) throws IOException {
    int result;
    try {
      result = (int) OPEN.invokeExact(errno, Native.string(arena, group.toString()), O_CLOEXEC);
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
    if (result < 0) {
      throw new KernelException("open", group.toString(), Native.errno(errno));
    }
    return result;
  }

  private static void close(MemorySegment errno, int descriptor) {
    try {
      int ignored = (int) CLOSE.invokeExact(errno, descriptor);
    } catch (Throwable t) {
      throw Native.impossible(t);
    }
  }
}
