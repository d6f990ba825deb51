package dev.abode.engine.instance;

/** Limits of one kind, for tests. */
public final class LimitsOf {
  private LimitsOf() {}

  public static Limits memory(long bytes) {
    return Limits.builder().memoryBytes(bytes).build();
  }

  public static Limits memoryAndSwap(long bytes, long total) {
    return Limits.builder().memoryBytes(bytes).memorySwapBytes(total).build();
  }

  public static Limits cpuNanos(long nanos) {
    return Limits.builder().cpuNanos(nanos).build();
  }

  public static Limits cpuShares(long shares) {
    return Limits.builder().cpuShares(shares).build();
  }

  public static Limits pids(long count) {
    return Limits.builder().pids(count).build();
  }

  public static Limits cpuset(String cpus) {
    return Limits.builder().cpusetCpus(cpus).build();
  }

  public static Limits blkioWeight(int weight) {
    return Limits.builder().blkioWeight(weight).build();
  }
}
