package dev.abode.engine.machine;

import dev.abode.engine.instance.Limits;

/**
 * How large a machine is made for what an instance may use.
 *
 * @param memoryBytes of the guest, its kernel's share included
 * @param cpus at least 1
 */
public record MachineShape(long memoryBytes, int cpus) {
  private static final long MIB = 1L << 20;

  /** What the guest's kernel, our agent and their page tables take before the workload begins. */
  static final long KERNEL_BYTES = 96 * MIB;

  /** For an instance without a limit: pages that a guest never touches cost nothing. */
  static final long DEFAULT_WORKLOAD_BYTES = 512 * MIB - KERNEL_BYTES;

  /** A kernel keeps account of all memory from its first moment on: that costs time, or space. */
  private static final long MAX_CPUS = 255;

  /** For a machine that runs nothing but a server of files. */
  public static final MachineShape SMALL = new MachineShape(KERNEL_BYTES + 96 * MIB, 1);

  public MachineShape {
    if (memoryBytes < KERNEL_BYTES || memoryBytes % MIB != 0 || cpus < 1 || cpus > MAX_CPUS) {
      throw new IllegalArgumentException(
          "no machine has " + memoryBytes + " bytes and " + cpus + " processors");
    }
  }

  /**
   * The machine for {@code limits}: as many bytes for the workload as it may use, and as many whole
   * processors as its share of CPU time takes; one when nothing is said, since under emulation each
   * further one makes the boot longer.
   */
  public static MachineShape of(Limits limits) {
    long workload = limits.memoryBytes().orElse(DEFAULT_WORKLOAD_BYTES);
    long bytes = Math.ceilDiv(Math.addExact(workload, KERNEL_BYTES), MIB) * MIB;
    return new MachineShape(bytes, (int) Math.clamp(cpus(limits), 1, MAX_CPUS));
  }

  private static long cpus(Limits limits) {
    if (limits.cpuNanos().isPresent() && limits.cpuNanos().getAsLong() > 0) {
      return Math.ceilDiv(limits.cpuNanos().getAsLong(), 1_000_000_000L);
    }
    long quota = limits.cpuQuotaMicros().orElse(0);
    return quota > 0 ? Math.ceilDiv(quota, limits.cpuPeriodMicros().orElse(100_000)) : 1;
  }
}
