package dev.abode.cli.compare;

import java.time.Duration;

/**
 * How much is measured.
 *
 * @param rounds of starts, and of work, in each place; fewer if time runs out
 * @param lightStarts in a round, of instances that are not heavy: they are over so quickly
 * @param crowd how many light instances idle at once
 * @param heavyCrowd how many instances idle at once that take whole mebibytes and seconds to start
 * @param watch how long they are watched
 * @param limit how long all of it may take; every measure is taken once in any case
 */
record Scale(
    int rounds, int lightStarts, int crowd, int heavyCrowd, Duration watch, Duration limit) {
  static final Scale QUICK = new Scale(3, 4, 25, 2, Duration.ofSeconds(2), Duration.ofSeconds(50));

  static final Scale WHOLE =
      new Scale(12, 8, 100, 6, Duration.ofSeconds(10), Duration.ofMinutes(6));

  /** The part of the limit at which starting has to give way to what follows. */
  Duration untilWork() {
    return limit.dividedBy(2);
  }

  /** The part of the limit at which working has to give way to what follows. */
  Duration untilCrowd() {
    return limit.multipliedBy(4).dividedBy(5);
  }
}
