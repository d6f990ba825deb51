package dev.abode.engine.seccomp;

/**
 * A comparison of one argument of a system call, unsigned and of 64 bits.
 *
 * @param index which argument, 0 to 5
 * @param value what it is compared with, or the mask of {@link Operator#MASKED_EQUAL}
 * @param other what the masked argument must equal
 */
record Condition(int index, long value, long other, Operator operator) {
  Condition {
    if (index < 0 || index > 5) {
      throw new IllegalArgumentException("a system call has arguments 0 to 5, not " + index);
    }
  }

  /** {@code SCMP_CMP_*} of a profile. */
  enum Operator {
    NOT_EQUAL("SCMP_CMP_NE"),
    LESS("SCMP_CMP_LT"),
    LESS_OR_EQUAL("SCMP_CMP_LE"),
    EQUAL("SCMP_CMP_EQ"),
    GREATER_OR_EQUAL("SCMP_CMP_GE"),
    GREATER("SCMP_CMP_GT"),
    MASKED_EQUAL("SCMP_CMP_MASKED_EQ");

    private final String profileName;

    Operator(String profileName) {
      this.profileName = profileName;
    }

    String profileName() {
      return profileName;
    }
  }
}
