package dev.abode.engine.instance;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Limits of one kind, for tests. */
public final class LimitsOf {
  private static final OptionalLong NO = OptionalLong.empty();

  private LimitsOf() {}

  public static Limits memory(long bytes) {
    return of(OptionalLong.of(bytes), NO, NO, NO, NO, Optional.empty(), OptionalInt.empty());
  }

  public static Limits memoryAndSwap(long bytes, long total) {
    return of(
        OptionalLong.of(bytes),
        OptionalLong.of(total),
        NO,
        NO,
        NO,
        Optional.empty(),
        OptionalInt.empty());
  }

  public static Limits cpuNanos(long nanos) {
    return of(NO, NO, OptionalLong.of(nanos), NO, NO, Optional.empty(), OptionalInt.empty());
  }

  public static Limits cpuShares(long shares) {
    return of(NO, NO, NO, OptionalLong.of(shares), NO, Optional.empty(), OptionalInt.empty());
  }

  public static Limits pids(long count) {
    return of(NO, NO, NO, NO, OptionalLong.of(count), Optional.empty(), OptionalInt.empty());
  }

  public static Limits cpuset(String cpus) {
    return of(NO, NO, NO, NO, NO, Optional.of(cpus), OptionalInt.empty());
  }

  public static Limits blkioWeight(int weight) {
    return of(NO, NO, NO, NO, NO, Optional.empty(), OptionalInt.of(weight));
  }

  private static Limits of(
      OptionalLong memory,
      OptionalLong swap,
      OptionalLong cpuNanos,
      OptionalLong shares,
      OptionalLong pids,
      Optional<String> cpus,
      OptionalInt weight) {
    return new Limits(
        memory,
        swap,
        NO,
        cpuNanos,
        shares,
        NO,
        NO,
        cpus,
        Optional.empty(),
        pids,
        OptionalInt.empty(),
        false,
        weight,
        List.of());
  }
}
