package dev.abode.cli.arguments;

/** A command line that makes no sense to us; the message says which word and why. */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }
}
