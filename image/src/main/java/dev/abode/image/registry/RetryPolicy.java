package dev.abode.image.registry;

import dev.abode.image.ImageException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * How often a request is tried again, and how long between.
 *
 * @param attempts in all, at least 1; a try that brought content on its way does not count
 * @param firstPause before the second try; doubled for each further one
 * @param longestPause the bound of that, also of what a registry asks for with {@code Retry-After}
 */
record RetryPolicy(int attempts, Duration firstPause, Duration longestPause) {
  static final RetryPolicy DEFAULT =
      new RetryPolicy(5, Duration.ofMillis(500), Duration.ofSeconds(20));

  /** Something that may fail on the way. */
  @FunctionalInterface
  interface Attempt<T> {
    T run() throws ConnectionFailure, IOException;
  }

  /** Runs {@code attempt}; unreachable places are tried again too. */
  <T> T run(Attempt<T> attempt, Function<ConnectionFailure, ImageException> surrender)
      throws IOException {
    return run(attempt, failure -> true, surrender);
  }

  /** Runs {@code attempt}, giving up at once where nobody listens. */
  <T> T runIfReachable(Attempt<T> attempt, Function<ConnectionFailure, ImageException> surrender)
      throws IOException {
    return run(attempt, failure -> !failure.unreachable(), surrender);
  }

  private <T> T run(
      Attempt<T> attempt,
      Predicate<ConnectionFailure> worthAnother,
      Function<ConnectionFailure, ImageException> surrender)
      throws IOException {
    for (int tried = 1; ; tried++) {
      try {
        return attempt.run();
      } catch (ConnectionFailure failure) {
        if (tried >= attempts || !worthAnother.test(failure)) {
          throw surrender.apply(failure);
        }
        pause(tried, failure);
      }
    }
  }

  /** Waits before the try that follows the {@code tried}th. */
  void pause(int tried, ConnectionFailure failure) {
    long doubled = firstPause.toMillis() << Math.min(tried - 1, 16);
    // Up to a quarter more, so that many clients of a registry that restarts do not come at once.
    long own = doubled + ThreadLocalRandom.current().nextLong(doubled / 4 + 1);
    long millis = failure.retryAfter().map(Duration::toMillis).orElse(own);
    try {
      Thread.sleep(Math.min(millis, longestPause.toMillis()));
    } catch (InterruptedException e) {
      throw Transport.interrupted(e);
    }
  }
}
