package dev.abode.engine.cgroup;

import dev.abode.linux.DeviceProgram;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/**
 * What v1's devices controller does, for v2: an eBPF program that the kernel asks at every opening
 * and making of a device file, {@code BPF_PROG_TYPE_CGROUP_DEVICE}.
 */
final class DeviceFilter {
  // linux/bpf.h, struct bpf_cgroup_dev_ctx: access_type (type | access << 16), major, minor
  private static final int CTX_ACCESS_TYPE = 0;
  private static final int CTX_MAJOR = 4;
  private static final int CTX_MINOR = 8;
  private static final int DEV_BLOCK = 1;
  private static final int DEV_CHAR = 2;
  private static final int ACCESS_MKNOD = 1;
  private static final int ACCESS_READ = 2;
  private static final int ACCESS_WRITE = 4;

  // linux/bpf_common.h and linux/bpf.h
  private static final int LOAD_WORD = 0x61; // BPF_LDX | BPF_MEM | BPF_W
  private static final int MOVE_REGISTER = 0xbf; // BPF_ALU64 | BPF_MOV | BPF_X
  private static final int MOVE_NUMBER = 0xb7; // BPF_ALU64 | BPF_MOV | BPF_K
  private static final int AND_NUMBER = 0x57; // BPF_ALU64 | BPF_AND | BPF_K
  private static final int SHIFT_RIGHT = 0x77; // BPF_ALU64 | BPF_RSH | BPF_K
  private static final int JUMP_IF_NOT = 0x55; // BPF_JMP | BPF_JNE | BPF_K
  private static final int EXIT = 0x95; // BPF_JMP | BPF_EXIT

  private static final int RESULT = 0;
  private static final int CONTEXT = 1;
  private static final int TYPE = 2;
  private static final int ACCESS = 3;
  private static final int MAJOR = 4;
  private static final int MINOR = 5;
  private static final int SCRATCH = 6;

  private DeviceFilter() {}

  static void attach(Path group, DeviceAccess access) throws IOException {
    DeviceProgram.attach(group, program(access.rules()));
  }

  /** An array of {@code struct bpf_insn}; returns 1 to allow. */
  static ByteBuffer program(List<DeviceRule> rules) {
    // At most 9 instructions a rule, 7 before and 2 after.
    ByteBuffer code =
        ByteBuffer.allocate(8 * (9 + 9 * rules.size())).order(ByteOrder.nativeOrder());
    put(code, LOAD_WORD, TYPE, CONTEXT, CTX_ACCESS_TYPE, 0);
    put(code, MOVE_REGISTER, ACCESS, TYPE, 0, 0);
    put(code, AND_NUMBER, TYPE, 0, 0, 0xffff);
    put(code, SHIFT_RIGHT, ACCESS, 0, 0, 16);
    put(code, LOAD_WORD, MAJOR, CONTEXT, CTX_MAJOR, 0);
    put(code, LOAD_WORD, MINOR, CONTEXT, CTX_MINOR, 0);
    for (DeviceRule rule : rules) {
      putRule(code, rule);
    }
    put(code, MOVE_NUMBER, RESULT, 0, 0, 0);
    put(code, EXIT, 0, 0, 0, 0);
    return code.flip();
  }

  private static void putRule(ByteBuffer code, DeviceRule rule) {
    int tests =
        (rule.type() == 'a' ? 0 : 1)
            + 3
            + (rule.major() == DeviceRule.ANY ? 0 : 1)
            + (rule.minor() == DeviceRule.ANY ? 0 : 1);
    int left = tests + 2;
    if (rule.type() != 'a') {
      put(code, JUMP_IF_NOT, TYPE, 0, --left, rule.type() == 'b' ? DEV_BLOCK : DEV_CHAR);
    }
    // Every access asked for must be among those allowed.
    put(code, MOVE_REGISTER, SCRATCH, ACCESS, 0, 0);
    put(code, AND_NUMBER, SCRATCH, 0, 0, ~mask(rule.permissions()) & 7);
    left -= 3;
    put(code, JUMP_IF_NOT, SCRATCH, 0, left, 0);
    if (rule.major() != DeviceRule.ANY) {
      put(code, JUMP_IF_NOT, MAJOR, 0, --left, rule.major());
    }
    if (rule.minor() != DeviceRule.ANY) {
      put(code, JUMP_IF_NOT, MINOR, 0, --left, rule.minor());
    }
    put(code, MOVE_NUMBER, RESULT, 0, 0, 1);
    put(code, EXIT, 0, 0, 0, 0);
  }

  private static int mask(String permissions) {
    return (permissions.contains("r") ? ACCESS_READ : 0)
        | (permissions.contains("w") ? ACCESS_WRITE : 0)
        | (permissions.contains("m") ? ACCESS_MKNOD : 0);
  }

  private static void put(
      ByteBuffer code, int operation, int destination, int source, int offset, int number) {
    code.put((byte) operation);
    // Two bit-fields of four bits; the compiler puts the first into the low half on little-endian.
    code.put((byte) (destination | source << 4));
    code.putShort((short) offset);
    code.putInt(number);
  }
}
