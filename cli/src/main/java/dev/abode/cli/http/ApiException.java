package dev.abode.cli.http;

import java.io.IOException;

/** The engine understood and said no. The message is its own sentence. */
public final class ApiException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;

  public ApiException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** The HTTP status, 400 to 599. */
  public int status() {
    return status;
  }
}
