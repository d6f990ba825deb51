package dev.abode.engine.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Runs a filter as the kernel would, and checks what the kernel checks before it accepts one. */
final class FilterMachine {
  private final ByteBuffer program;

  FilterMachine(ByteBuffer program) {
    this.program = program.duplicate().order(ByteOrder.nativeOrder());
    check();
  }

  int length() {
    return program.remaining() / Instruction.BYTES;
  }

  private Instruction at(int index) {
    int position = program.position() + index * Instruction.BYTES;
    return new Instruction(
        program.getShort(position) & 0xffff,
        program.get(position + 2) & 0xff,
        program.get(position + 3) & 0xff,
        program.getInt(position + 4));
  }

  /** Every jump stays inside, and the last instruction returns. */
  private void check() {
    if (length() == 0 || length() > FilterAssembler.MAX_INSTRUCTIONS) {
      throw new IllegalArgumentException("a program of " + length() + " instructions");
    }
    for (int i = 0; i < length(); i++) {
      Instruction instruction = at(i);
      int far =
          switch (instruction.code()) {
            case Instruction.JUMP -> instruction.operand();
            case Instruction.JUMP_EQUAL,
                Instruction.JUMP_GREATER,
                Instruction.JUMP_GREATER_OR_EQUAL ->
                Math.max(instruction.ifTrue(), instruction.ifFalse());
            case Instruction.LOAD -> {
              if (instruction.operand() % 4 != 0 || instruction.operand() >= 64) {
                throw new IllegalArgumentException(
                    "a load outside of seccomp_data: " + instruction);
              }
              yield 0;
            }
            case Instruction.AND, Instruction.RETURN -> 0;
            default -> throw new IllegalArgumentException("an unknown operation: " + instruction);
          };
      if (far < 0 || i + 1 + far >= length() + (instruction.code() == Instruction.RETURN ? 1 : 0)) {
        throw new IllegalArgumentException("instruction " + i + " leads out: " + instruction);
      }
    }
  }

  /** The answer to one call. */
  Verdict run(int architecture, int number, long... arguments) {
    ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    data.putInt(0, number).putInt(4, architecture);
    for (int i = 0; i < arguments.length; i++) {
      data.putLong(16 + 8 * i, arguments[i]);
    }
    int accumulator = 0;
    int at = 0;
    while (true) {
      Instruction instruction = at(at++);
      switch (instruction.code()) {
        case Instruction.LOAD -> accumulator = data.getInt(instruction.operand());
        case Instruction.AND -> accumulator &= instruction.operand();
        case Instruction.JUMP -> at += instruction.operand();
        case Instruction.RETURN -> {
          return new Verdict(instruction.operand());
        }
        case Instruction.JUMP_EQUAL ->
            at += branch(instruction, accumulator == instruction.operand());
        case Instruction.JUMP_GREATER ->
            at +=
                branch(
                    instruction, Integer.compareUnsigned(accumulator, instruction.operand()) > 0);
        case Instruction.JUMP_GREATER_OR_EQUAL ->
            at +=
                branch(
                    instruction, Integer.compareUnsigned(accumulator, instruction.operand()) >= 0);
        default -> throw new IllegalArgumentException("an unknown operation: " + instruction);
      }
    }
  }

  private static int branch(Instruction instruction, boolean holds) {
    return holds ? instruction.ifTrue() : instruction.ifFalse();
  }
}
