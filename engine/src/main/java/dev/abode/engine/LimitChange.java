package dev.abode.engine;

import dev.abode.engine.instance.Limits;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** What {@code docker update} makes of an instance's limits. */
final class LimitChange {
  private LimitChange() {}

  /** {@code old}, with what {@code asked} says in its place. */
  static Limits of(Limits old, Limits asked) {
    boolean quotaAsked = asked.cpuQuotaMicros().isPresent() || asked.cpuPeriodMicros().isPresent();
    return new Limits(
        or(asked.memoryBytes(), old.memoryBytes()),
        or(asked.memorySwapBytes(), old.memorySwapBytes()),
        or(asked.memoryReservationBytes(), old.memoryReservationBytes()),
        // The two ways to bound CPU time exclude each other; the one asked for last holds.
        quotaAsked ? asked.cpuNanos() : or(asked.cpuNanos(), old.cpuNanos()),
        or(asked.cpuShares(), old.cpuShares()),
        asked.cpuNanos().isPresent()
            ? asked.cpuQuotaMicros()
            : or(asked.cpuQuotaMicros(), old.cpuQuotaMicros()),
        asked.cpuNanos().isPresent()
            ? asked.cpuPeriodMicros()
            : or(asked.cpuPeriodMicros(), old.cpuPeriodMicros()),
        or(asked.cpusetCpus(), old.cpusetCpus()),
        or(asked.cpusetMems(), old.cpusetMems()),
        or(asked.pids(), old.pids()),
        or(asked.oomScoreAdj(), old.oomScoreAdj()),
        asked.oomKillDisabled() || old.oomKillDisabled(),
        or(asked.blkioWeight(), old.blkioWeight()),
        asked.ulimits().isEmpty() ? old.ulimits() : asked.ulimits());
  }

  private static OptionalLong or(OptionalLong asked, OptionalLong old) {
    return asked.isPresent() ? asked : old;
  }

  private static OptionalInt or(OptionalInt asked, OptionalInt old) {
    return asked.isPresent() ? asked : old;
  }

  private static Optional<String> or(Optional<String> asked, Optional<String> old) {
    return asked.isPresent() ? asked : old;
  }
}
