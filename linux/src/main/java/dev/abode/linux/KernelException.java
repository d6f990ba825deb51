package dev.abode.linux;

import java.io.IOException;

/** A system call that the kernel refused: which call, on what, and with which {@code errno(3)}. */
public final class KernelException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String subject;
  private final int errno;

  /**
   * @param call the system call's name as in section 2 of the manual
   * @param subject what it was asked to act on, in words a user recognises
   * @param errno one of {@link Errno}
   */
  public KernelException(String call, String subject, int errno) {
    super(call + " " + subject + ": " + Errno.words(errno));
    this.subject = subject;
    this.errno = errno;
  }

  /** What the call was to act on. */
  public String subject() {
    return subject;
  }

  /** The error number, one of {@link Errno}. */
  public int errno() {
    return errno;
  }
}
