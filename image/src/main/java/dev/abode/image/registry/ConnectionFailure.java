package dev.abode.image.registry;

import java.time.Duration;
import java.util.Optional;

/**
 * The other side did not answer, ended in the middle or asked for patience: trying again may help.
 * Checked, so that every caller decides whether it does.
 */
final class ConnectionFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean unreachable;
  private final transient Optional<Duration> retryAfter;

  private ConnectionFailure(
      String message,
      boolean unreachable,
      Optional<Duration> retryAfter,
      Optional<Throwable> cause) {
    super(message, cause.orElse(null));
    this.unreachable = unreachable;
    this.retryAfter = retryAfter;
  }

  /** Nothing listens, or the name has no address, or the two sides have no TLS in common. */
  static ConnectionFailure unreachable(String message, Throwable cause) {
    return new ConnectionFailure(message, true, Optional.empty(), Optional.of(cause));
  }

  /** The conversation broke. */
  static ConnectionFailure broken(String message, Throwable cause) {
    return new ConnectionFailure(message, false, Optional.empty(), Optional.of(cause));
  }

  /** The conversation ended before all was said. */
  static ConnectionFailure broken(String message) {
    return new ConnectionFailure(message, false, Optional.empty(), Optional.empty());
  }

  /** The registry answered that it cannot now. */
  static ConnectionFailure refusedForNow(String message, Optional<Duration> retryAfter) {
    return new ConnectionFailure(message, false, retryAfter, Optional.empty());
  }

  /** Whether not even a connection came about. */
  boolean unreachable() {
    return unreachable;
  }

  /** How long the registry asked to wait. */
  Optional<Duration> retryAfter() {
    return retryAfter;
  }
}
