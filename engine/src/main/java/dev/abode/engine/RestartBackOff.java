package dev.abode.engine;

import dev.abode.engine.instance.RestartPolicy;
import java.time.Duration;
import java.util.Optional;

/**
 * When an instance that ended starts again, as Docker does it: at once at first, then after a delay
 * that doubles up to a minute, and starts over when a run lasted ten seconds.
 *
 * @param delay before the next restart
 */
record RestartBackOff(Duration delay) {
  private static final Duration FIRST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofMinutes(1);
  private static final Duration GOOD_RUN = Duration.ofSeconds(10);

  /** Before any restart. */
  static final RestartBackOff NONE = new RestartBackOff(Duration.ZERO);

  /** What holds for the restart that follows a run of that length. */
  RestartBackOff after(Duration run) {
    if (delay.isZero() || run.compareTo(GOOD_RUN) >= 0) {
      return new RestartBackOff(FIRST);
    }
    Duration doubled = delay.multipliedBy(2);
    return new RestartBackOff(doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled);
  }

  /**
   * Whether the policy starts an instance again that ended by itself.
   *
   * @param restarts how often it was started again so far
   */
  static boolean wanted(RestartPolicy policy, int exitCode, int restarts) {
    return switch (policy.mode()) {
      case NO -> false;
      case ALWAYS, UNLESS_STOPPED -> true;
      case ON_FAILURE ->
          exitCode != 0 && (policy.maxRetries() == 0 || restarts < policy.maxRetries());
    };
  }

  /**
   * Whether the policy starts an instance again with the engine itself.
   *
   * @param wasRunning whether it ran when the last engine ended
   */
  static boolean wantedAtOpening(
      RestartPolicy policy, int exitCode, int restarts, boolean stoppedByUser, boolean wasRunning) {
    return switch (policy.mode()) {
      case NO -> false;
      case ALWAYS -> true;
      case UNLESS_STOPPED -> !stoppedByUser;
      case ON_FAILURE -> wasRunning && !stoppedByUser && wanted(policy, exitCode, restarts);
    };
  }

  /** The delay, when there is one. */
  Optional<Duration> pause() {
    return delay.isZero() ? Optional.empty() : Optional.of(delay);
  }
}
