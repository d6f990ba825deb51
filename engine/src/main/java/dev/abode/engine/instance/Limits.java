package dev.abode.engine.instance;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What an instance may use at most. An absent value is no limit of ours. A limit that the kernel
 * cannot apply fails the start.
 *
 * @param memoryBytes {@code -m}
 * @param memorySwapBytes memory plus swap, as Docker counts; -1 for unlimited swap
 * @param memoryReservationBytes the soft limit
 * @param cpuNanos CPU time a second, in billionths of a CPU: 500,000,000 is {@code --cpus 0.5}
 * @param cpuShares relative weight, 2 to 262,144, 1024 being usual
 * @param cpuQuotaMicros CFS quota a period; excludes {@code cpuNanos}
 * @param cpuPeriodMicros CFS period, 1,000 to 1,000,000
 * @param cpusetCpus list of CPUs as in {@code cpuset(7)}, for example {@code 0-1,4}
 * @param cpusetMems list of memory nodes
 * @param pids how many tasks, {@code -1} for unlimited
 * @param oomScoreAdj -1000 to 1000
 * @param oomKillDisabled cgroup v1 only
 * @param blkioWeight 10 to 1000
 */
public record Limits(
    OptionalLong memoryBytes,
    OptionalLong memorySwapBytes,
    OptionalLong memoryReservationBytes,
    OptionalLong cpuNanos,
    OptionalLong cpuShares,
    OptionalLong cpuQuotaMicros,
    OptionalLong cpuPeriodMicros,
    Optional<String> cpusetCpus,
    Optional<String> cpusetMems,
    OptionalLong pids,
    OptionalInt oomScoreAdj,
    boolean oomKillDisabled,
    OptionalInt blkioWeight,
    List<Ulimit> ulimits) {

  public static final Limits NONE = builder().build();

  public Limits {
    ulimits = List.copyOf(ulimits);
  }

  /** Limits of which few are set. */
  public static LimitsBuilder builder() {
    return new LimitsBuilder();
  }

  /** The same, but for how many tasks there may be. */
  public Limits withoutPids() {
    return new Limits(
        memoryBytes,
        memorySwapBytes,
        memoryReservationBytes,
        cpuNanos,
        cpuShares,
        cpuQuotaMicros,
        cpuPeriodMicros,
        cpusetCpus,
        cpusetMems,
        OptionalLong.empty(),
        oomScoreAdj,
        oomKillDisabled,
        blkioWeight,
        ulimits);
  }

  /**
   * One {@code --ulimit}.
   *
   * @param name as {@code ulimit} names it without RLIMIT_, lower case, for example {@code nofile}
   * @param soft -1 for unlimited
   * @param hard -1 for unlimited
   */
  public record Ulimit(String name, long soft, long hard) {}
}
