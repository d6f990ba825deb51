package dev.abode.engine.cgroup;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Runs the few eBPF instructions that a device program is made of. */
final class DeviceMachine {
  private final ByteBuffer program;

  DeviceMachine(ByteBuffer program) {
    this.program = program.duplicate().order(ByteOrder.nativeOrder());
  }

  /** Register 0 at the exit. */
  long run(int accessType, int major, int minor) {
    int[] context = {accessType, major, minor};
    long[] registers = new long[11];
    int at = 0;
    while (true) {
      int position = at * 8;
      int operation = program.get(position) & 0xff;
      int destination = program.get(position + 1) & 0xf;
      int source = (program.get(position + 1) & 0xf0) >> 4;
      int offset = program.getShort(position + 2);
      int number = program.getInt(position + 4);
      at++;
      switch (operation) {
        case 0x61 -> registers[destination] = context[offset / 4] & 0xffff_ffffL;
        case 0xbf -> registers[destination] = registers[source];
        case 0xb7 -> registers[destination] = number;
        case 0x57 -> registers[destination] &= number;
        case 0x77 -> registers[destination] >>>= number;
        case 0x55 -> at += registers[destination] == number ? 0 : offset;
        case 0x95 -> {
          return registers[0];
        }
        default -> throw new AssertionError("operation " + operation);
      }
    }
  }
}
