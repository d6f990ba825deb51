package dev.abode.image.tar;

import java.io.IOException;

/** A tar that cannot be read on, with the reason. */
public final class TarException extends IOException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** Why. */
  public enum Reason {
    /** Not a tar, a damaged one, or one that ends too early. */
    MALFORMED,
    /** It asks for more than {@link TarLimits} allow. */
    LIMIT
  }

  public TarException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  static TarException malformed(String what) {
    return new TarException(Reason.MALFORMED, "the archive holds " + what);
  }
}
