package dev.abode.engine.instance;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What an instance uses.
 *
 * @param memoryBytes in use, cache included
 * @param memoryCacheBytes the inactive file cache, which a reader subtracts
 * @param memoryLimitBytes its limit, or the host's memory
 * @param systemCpu CPU time of the whole host, for a percentage as Docker counts it
 * @param hypervisor of a virtual machine that answers: what it costs the host
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
    List<NetworkInterface> interfaces,
    Optional<Hypervisor> hypervisor) {
  public Stats {
    interfaces = List.copyOf(interfaces);
  }

  /**
   * The host's view of a virtual machine, beside the guest's, which is in {@link #memoryBytes} and
   * {@link #pids}. The processor time of the hypervisor is {@link #cpu}, and what is in it beyond
   * the workload's is the price of the walls.
   *
   * @param memoryBytes held on the host: the guest's memory that was touched, and QEMU's own
   * @param memoryLimitBytes what the machine and its hypervisor may hold
   * @param tasks of the hypervisor, what serves folders included
   * @param workloadCpu processor time of the workload as the guest's kernel counts it, which takes
   *     what the host gave to others meanwhile for its own
   */
  public record Hypervisor(
      long memoryBytes, long memoryLimitBytes, long tasks, Duration workloadCpu) {}

  /** Counters of one interface, from the instance's side. */
  public record NetworkInterface(
      String name, long receivedBytes, long receivedPackets, long sentBytes, long sentPackets) {}
}
