package dev.abode.engine.instance;

import java.time.Instant;
import java.util.Optional;

/**
 * Which part of a log is wanted.
 *
 * @param tail how many last lines, -1 for all
 * @param follow go on with what comes, until the instance ends
 */
public record LogQuery(
    boolean stdout,
    boolean stderr,
    long tail,
    Optional<Instant> since,
    Optional<Instant> until,
    boolean follow) {
  /** Everything there is now. */
  public static final LogQuery ALL =
      new LogQuery(true, true, -1, Optional.empty(), Optional.empty(), false);
}
