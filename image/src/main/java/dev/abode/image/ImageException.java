package dev.abode.image;

/**
 * What went wrong with an image, in a sentence that says what was tried, on what, why it failed and
 * what to do.
 */
public final class ImageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  /** The few kinds of failure, each mapped once to every interface's codes. */
  public enum Kind {
    NOT_FOUND,
    CONFLICT,
    INVALID_ARGUMENT,
    /** The registry refuses these credentials, or wants some. */
    UNAUTHORIZED,
    /** The other side does not answer, or ended in the middle; trying again may help. */
    UNAVAILABLE,
    /** A bound that protects this machine was reached. */
    EXHAUSTED,
    UNSUPPORTED,
    INTERNAL
  }

  public ImageException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public ImageException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
