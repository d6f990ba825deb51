package dev.abode.engine.cgroup;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Limits in the user's words as values for the files of control groups: pure, so that Docker's
 * arithmetic can be tested as data.
 */
final class LimitSettings {
  private static final long MIN_MEMORY = 6L << 20;
  private static final long DEFAULT_PERIOD_MICROS = 100_000;
  private static final long NANOS_PER_CPU = 1_000_000_000L;

  private LimitSettings() {}

  /**
   * One value for one file.
   *
   * @param controller the v1 controller that has the file
   * @param what the option in the user's words
   */
  record Setting(String controller, String file, String value, String what) {}

  /**
   * Docker's checks, which do not depend on the kernel.
   *
   * @param cpus how many the host has
   * @throws EngineException of kind INVALID_ARGUMENT
   */
  static void check(Limits limits, int cpus) {
    OptionalLong memory = limits.memoryBytes().stream().filter(m -> m > 0).findFirst();
    if (memory.isPresent() && memory.getAsLong() < MIN_MEMORY) {
      throw invalid("Minimum memory limit allowed is 6MB");
    }
    long swap = limits.memorySwapBytes().orElse(0);
    if (swap > 0 && memory.isEmpty()) {
      throw invalid(
          "You should always set the Memory limit when using Memoryswap limit, see usage");
    }
    if (swap > 0 && swap < memory.orElse(0)) {
      throw invalid("Minimum memoryswap limit should be larger than memory limit, see usage");
    }
    if (memory.isPresent() && limits.memoryReservationBytes().orElse(0) > memory.getAsLong()) {
      throw invalid(
          "Minimum memory limit can not be less than memory reservation limit, see usage");
    }
    long nanos = limits.cpuNanos().orElse(0);
    if (nanos != 0 && (nanos < NANOS_PER_CPU / 100 || nanos > cpus * NANOS_PER_CPU)) {
      throw invalid(
          "Range of CPUs is from 0.01 to "
              + cpus
              + ".00, as there are only "
              + cpus
              + " CPUs available");
    }
    if (nanos > 0 && (limits.cpuQuotaMicros().orElse(0) > 0)) {
      throw invalid("Conflicting options: Nano CPUs and CPU Quota cannot both be set");
    }
    if (nanos > 0 && (limits.cpuPeriodMicros().orElse(0) > 0)) {
      throw invalid("Conflicting options: Nano CPUs and CPU Period cannot both be set");
    }
    long period = limits.cpuPeriodMicros().orElse(0);
    if (period != 0 && (period < 1_000 || period > 1_000_000)) {
      throw invalid("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s");
    }
    long quota = limits.cpuQuotaMicros().orElse(0);
    if (quota > 0 && quota < 1_000) {
      throw invalid("CPU cfs quota can not be less than 1ms (i.e. 1000)");
    }
    limits
        .blkioWeight()
        .ifPresent(
            weight -> {
              if (weight != 0 && (weight < 10 || weight > 1000)) {
                throw invalid("Range of blkio weight is from 10 to 1000");
              }
            });
  }

  private static EngineException invalid(String message) {
    return new EngineException(EngineException.Kind.INVALID_ARGUMENT, message);
  }

  /** Settings for v1 but memory, whose order depends on what is set already. */
  static List<Setting> v1(Limits limits) {
    List<Setting> settings = new ArrayList<>();
    limits.memoryReservationBytes().stream()
        .filter(r -> r != 0)
        .forEach(
            r ->
                settings.add(
                    new Setting(
                        "memory",
                        "memory.soft_limit_in_bytes",
                        Long.toString(r),
                        "--memory-reservation")));
    if (limits.oomKillDisabled()) {
      settings.add(new Setting("memory", "memory.oom_control", "1", "--oom-kill-disable"));
    }
    limits.cpuShares().stream()
        .filter(s -> s > 0)
        .forEach(
            s -> settings.add(new Setting("cpu", "cpu.shares", Long.toString(s), "--cpu-shares")));
    quota(limits)
        .ifPresent(
            quota -> {
              settings.add(
                  new Setting(
                      "cpu", "cpu.cfs_period_us", Long.toString(period(limits)), "--cpu-period"));
              settings.add(new Setting("cpu", "cpu.cfs_quota_us", Long.toString(quota), "--cpus"));
            });
    addCpuset(limits, settings);
    addPids(limits, settings);
    limits.blkioWeight().stream()
        .filter(w -> w > 0)
        .forEach(
            w ->
                settings.add(
                    new Setting(
                        "blkio", "blkio.bfq.weight", Integer.toString(w), "--blkio-weight")));
    return settings;
  }

  /** Settings for v2, in an order in which each is legal. */
  static List<Setting> v2(Limits limits) {
    List<Setting> settings = new ArrayList<>();
    if (limits.oomKillDisabled()) {
      throw new EngineException(
          EngineException.Kind.UNSUPPORTED,
          "cannot apply --oom-kill-disable: control groups v2 have no such switch; leave it out");
    }
    swapV2(limits)
        .ifPresent(
            swap -> settings.add(new Setting("memory", "memory.swap.max", swap, "--memory-swap")));
    limits.memoryBytes().stream()
        .filter(m -> m != 0)
        .forEach(
            m ->
                settings.add(
                    new Setting(
                        "memory", "memory.max", m < 0 ? "max" : Long.toString(m), "--memory")));
    limits.memoryReservationBytes().stream()
        .filter(r -> r != 0)
        .forEach(
            r ->
                settings.add(
                    new Setting("memory", "memory.low", Long.toString(r), "--memory-reservation")));
    limits.cpuShares().stream()
        .filter(s -> s > 0)
        .forEach(
            s ->
                settings.add(
                    new Setting("cpu", "cpu.weight", Long.toString(weight(s)), "--cpu-shares")));
    quota(limits)
        .ifPresent(
            quota ->
                settings.add(
                    new Setting(
                        "cpu",
                        "cpu.max",
                        (quota < 0 ? "max" : Long.toString(quota)) + ' ' + period(limits),
                        "--cpus")));
    addCpuset(limits, settings);
    addPids(limits, settings);
    limits.blkioWeight().stream()
        .filter(w -> w > 0)
        .forEach(
            w ->
                settings.add(
                    new Setting(
                        "io",
                        "io.weight",
                        // io.weight goes from 1 to 10000 where Docker's goes from 10 to 1000.
                        "default " + (1 + (w - 10L) * 9999 / 990),
                        "--blkio-weight")));
    return settings;
  }

  private static void addCpuset(Limits limits, List<Setting> settings) {
    limits
        .cpusetCpus()
        .filter(c -> !c.isEmpty())
        .ifPresent(c -> settings.add(new Setting("cpuset", "cpuset.cpus", c, "--cpuset-cpus")));
    limits
        .cpusetMems()
        .filter(m -> !m.isEmpty())
        .ifPresent(m -> settings.add(new Setting("cpuset", "cpuset.mems", m, "--cpuset-mems")));
  }

  private static void addPids(Limits limits, List<Setting> settings) {
    limits.pids().stream()
        .filter(p -> p != 0)
        .forEach(
            p ->
                settings.add(
                    new Setting(
                        "pids", "pids.max", p < 0 ? "max" : Long.toString(p), "--pids-limit")));
  }

  /** Memory plus swap: what was said, or twice the memory as Docker has it. Empty: no limit. */
  static OptionalLong memoryAndSwap(Limits limits) {
    long said = limits.memorySwapBytes().orElse(0);
    if (said != 0) {
      return OptionalLong.of(said);
    }
    long memory = limits.memoryBytes().orElse(0);
    return memory > 0 ? OptionalLong.of(2 * memory) : OptionalLong.empty();
  }

  /** v2 counts swap alone. */
  private static java.util.Optional<String> swapV2(Limits limits) {
    return memoryAndSwap(limits).stream()
        .mapToObj(
            total -> total < 0 ? "max" : Long.toString(total - limits.memoryBytes().orElse(0)))
        .findFirst();
  }

  /** CPU time a period in microseconds, -1 for no limit; empty when nothing was said. */
  private static OptionalLong quota(Limits limits) {
    long nanos = limits.cpuNanos().orElse(0);
    if (nanos > 0) {
      return OptionalLong.of(nanos * DEFAULT_PERIOD_MICROS / NANOS_PER_CPU);
    }
    long quota = limits.cpuQuotaMicros().orElse(0);
    if (quota != 0) {
      return OptionalLong.of(quota);
    }
    return limits.cpuPeriodMicros().orElse(0) > 0 ? OptionalLong.of(-1) : OptionalLong.empty();
  }

  private static long period(Limits limits) {
    long period = limits.cpuPeriodMicros().orElse(0);
    return period > 0 ? period : DEFAULT_PERIOD_MICROS;
  }

  /** The range 2 to 262144 of v1's shares mapped onto 1 to 10000, as runc and systemd do. */
  private static long weight(long shares) {
    long bounded = Math.clamp(shares, 2, 262_144);
    return 1 + (bounded - 2) * 9999 / 262_142;
  }
}
