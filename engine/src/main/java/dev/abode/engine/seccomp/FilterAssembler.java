package dev.abode.engine.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts instructions in a row and works out how far jumps go. Jumps lead forward only, to labels
 * that are placed later.
 */
final class FilterAssembler {
  /** {@code BPF_MAXINSNS} of linux/bpf_common.h. */
  static final int MAX_INSTRUCTIONS = 4096;

  private static final int MAX_SHORT_JUMP = 255;

  /** A place in the program. */
  static final class Label {
    private int item = -1;
  }

  private sealed interface Item {
    record Plain(int code, int operand) implements Item {}

    record Branch(int code, int operand, Label ifTrue, Label ifFalse) implements Item {}

    record Jump(Label target) implements Item {}
  }

  private final List<Item> items = new ArrayList<>();

  void load(int offset) {
    items.add(new Item.Plain(Instruction.LOAD, offset));
  }

  void and(int mask) {
    items.add(new Item.Plain(Instruction.AND, mask));
  }

  void answer(Verdict verdict) {
    items.add(new Item.Plain(Instruction.RETURN, verdict.value()));
  }

  void jump(Label target) {
    items.add(new Item.Jump(target));
  }

  void branch(int code, int operand, Label ifTrue, Label ifFalse) {
    items.add(new Item.Branch(code, operand, ifTrue, ifFalse));
  }

  /** Places {@code label} before the next instruction. */
  void place(Label label) {
    if (label.item >= 0) {
      throw new IllegalStateException("a label is placed once");
    }
    label.item = items.size();
  }

  /**
   * The program in the machine's byte order.
   *
   * @throws IllegalStateException when it is longer than the kernel takes
   */
  ByteBuffer assemble() {
    // A branch whose targets are near is one instruction, else three. A long one pushes others
    // apart, so the widths are worked out until nothing changes; they only grow.
    boolean[] wide = new boolean[items.size()];
    int[] at = positions(wide);
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int i = 0; i < items.size(); i++) {
        if (items.get(i) instanceof Item.Branch branch && !wide[i]) {
          int next = at[i] + 1;
          if (at[branch.ifTrue().item] - next > MAX_SHORT_JUMP
              || at[branch.ifFalse().item] - next > MAX_SHORT_JUMP) {
            wide[i] = true;
            changed = true;
          }
        }
      }
      at = positions(wide);
    }
    int length = at[items.size()];
    if (length > MAX_INSTRUCTIONS) {
      throw new IllegalStateException(
          "a filter of " + length + " instructions is longer than " + MAX_INSTRUCTIONS);
    }
    ByteBuffer program =
        ByteBuffer.allocate(length * Instruction.BYTES).order(ByteOrder.nativeOrder());
    for (int i = 0; i < items.size(); i++) {
      emit(program, items.get(i), at, i, wide[i]);
    }
    return program.flip();
  }

  private int[] positions(boolean[] wide) {
    int[] at = new int[items.size() + 1];
    for (int i = 0; i < items.size(); i++) {
      at[i + 1] = at[i] + (wide[i] ? 3 : 1);
    }
    return at;
  }

  private static void emit(ByteBuffer program, Item item, int[] at, int index, boolean wide) {
    int next = at[index] + 1;
    switch (item) {
      case Item.Plain plain -> put(program, new Instruction(plain.code(), 0, 0, plain.operand()));
      case Item.Jump jump ->
          put(program, new Instruction(Instruction.JUMP, 0, 0, at[jump.target().item] - next));
      case Item.Branch branch -> {
        int ifTrue = at[branch.ifTrue().item] - next;
        int ifFalse = at[branch.ifFalse().item] - next;
        if (wide) {
          put(program, new Instruction(branch.code(), 0, 1, branch.operand()));
          put(program, new Instruction(Instruction.JUMP, 0, 0, ifTrue - 1));
          put(program, new Instruction(Instruction.JUMP, 0, 0, ifFalse - 2));
        } else {
          put(program, new Instruction(branch.code(), ifTrue, ifFalse, branch.operand()));
        }
      }
    }
  }

  private static void put(ByteBuffer program, Instruction instruction) {
    program
        .putShort((short) instruction.code())
        .put((byte) instruction.ifTrue())
        .put((byte) instruction.ifFalse())
        .putInt(instruction.operand());
  }
}
