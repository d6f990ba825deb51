package dev.abode.engine.instance;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;

/**
 * What an instance uses.
 *
 * @param memoryBytes in use, cache included
 * @param memoryCacheBytes the inactive file cache, which a reader subtracts
 * @param memoryLimitBytes its limit, or the host's memory
 * @param systemCpu CPU time of the whole host, for a percentage as Docker counts it
 */
public record Stats(
    Instant time,
    Duration cpu,
    Duration cpuUser,
    Duration cpuSystem,
    Duration systemCpu,
    int onlineCpus,
    long throttledPeriods,
    long periods,
    Duration throttled,
    long memoryBytes,
    long memoryCacheBytes,
    OptionalLong memoryPeakBytes,
    long memoryLimitBytes,
    long pids,
    OptionalLong pidsLimit,
    long blockReadBytes,
    long blockWriteBytes,
    List<NetworkInterface> interfaces) {
  public Stats {
    interfaces = List.copyOf(interfaces);
  }

  /** Counters of one interface, from the instance's side. */
  public record NetworkInterface(
      String name, long receivedBytes, long receivedPackets, long sentBytes, long sentPackets) {}
}
