package dev.abode.engine.seccomp;

/**
 * What a filter answers.
 *
 * @param value {@code SECCOMP_RET_*} of linux/seccomp.h with its 16 bits of data
 */
record Verdict(int value) {
  static final Verdict ALLOW = new Verdict(0x7fff_0000);
  static final Verdict LOG = new Verdict(0x7ffc_0000);
  static final Verdict TRAP = new Verdict(0x0003_0000);
  static final Verdict KILL_THREAD = new Verdict(0);
  static final Verdict KILL_PROCESS = new Verdict(0x8000_0000);

  private static final int ERRNO = 0x0005_0000;
  private static final int TRACE = 0x7ff0_0000;
  private static final int ENOSYS = 38;

  static final Verdict NO_SUCH_CALL = errno(ENOSYS);

  static Verdict errno(int errno) {
    return new Verdict(ERRNO | (errno & 0xffff));
  }

  static Verdict trace(int message) {
    return new Verdict(TRACE | (message & 0xffff));
  }

  /** Whether the call fails with an error number, and nothing else happens. */
  boolean isErrno() {
    return (value & 0xffff_0000) == ERRNO;
  }
}
