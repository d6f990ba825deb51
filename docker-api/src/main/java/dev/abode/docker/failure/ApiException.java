package dev.abode.docker.failure;

/** A request that cannot be answered: an HTTP status and the sentence for Docker's error body. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  public ApiException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** The request itself is wrong: 400. */
  public static ApiException invalid(String message) {
    return new ApiException(400, message);
  }

  public static ApiException notFound(String message) {
    return new ApiException(404, message);
  }

  /** Understood, but this engine does not do it: 501. Refusing is better than ignoring. */
  public static ApiException unsupported(String message) {
    return new ApiException(501, message);
  }

  public int status() {
    return status;
  }
}
