package dev.abode.engine.seccomp;

/**
 * One {@code struct sock_filter} of linux/filter.h.
 *
 * @param code operation
 * @param ifTrue how many instructions a conditional jump skips when it holds, 0 to 255
 * @param ifFalse how many when it does not
 * @param operand constant
 */
record Instruction(int code, int ifTrue, int ifFalse, int operand) {
  // linux/bpf_common.h
  static final int LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
  static final int AND = 0x54; // BPF_ALU | BPF_AND | BPF_K
  static final int JUMP = 0x05; // BPF_JMP | BPF_JA
  static final int JUMP_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
  static final int JUMP_GREATER = 0x25; // BPF_JMP | BPF_JGT | BPF_K
  static final int JUMP_GREATER_OR_EQUAL = 0x35; // BPF_JMP | BPF_JGE | BPF_K
  static final int RETURN = 0x06; // BPF_RET | BPF_K

  static final int BYTES = 8;
}
