package dev.abode.engine.instance;

import dev.abode.engine.instance.Limits.Ulimit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Limits of which few are set; see {@link Limits} for what each is. */
public final class LimitsBuilder {
  private OptionalLong memoryBytes = OptionalLong.empty();
  private OptionalLong memorySwapBytes = OptionalLong.empty();
  private OptionalLong memoryReservationBytes = OptionalLong.empty();
  private OptionalLong cpuNanos = OptionalLong.empty();
  private OptionalLong cpuShares = OptionalLong.empty();
  private OptionalLong cpuQuotaMicros = OptionalLong.empty();
  private OptionalLong cpuPeriodMicros = OptionalLong.empty();
  private Optional<String> cpusetCpus = Optional.empty();
  private Optional<String> cpusetMems = Optional.empty();
  private OptionalLong pids = OptionalLong.empty();
  private OptionalInt oomScoreAdj = OptionalInt.empty();
  private boolean oomKillDisabled;
  private OptionalInt blkioWeight = OptionalInt.empty();
  private List<Ulimit> ulimits = List.of();

  LimitsBuilder() {}

  public LimitsBuilder memoryBytes(long memoryBytes) {
    this.memoryBytes = OptionalLong.of(memoryBytes);
    return this;
  }

  public LimitsBuilder memorySwapBytes(long memorySwapBytes) {
    this.memorySwapBytes = OptionalLong.of(memorySwapBytes);
    return this;
  }

  public LimitsBuilder memoryReservationBytes(long memoryReservationBytes) {
    this.memoryReservationBytes = OptionalLong.of(memoryReservationBytes);
    return this;
  }

  public LimitsBuilder cpuNanos(long cpuNanos) {
    this.cpuNanos = OptionalLong.of(cpuNanos);
    return this;
  }

  public LimitsBuilder cpuShares(long cpuShares) {
    this.cpuShares = OptionalLong.of(cpuShares);
    return this;
  }

  public LimitsBuilder cpuQuotaMicros(long cpuQuotaMicros) {
    this.cpuQuotaMicros = OptionalLong.of(cpuQuotaMicros);
    return this;
  }

  public LimitsBuilder cpuPeriodMicros(long cpuPeriodMicros) {
    this.cpuPeriodMicros = OptionalLong.of(cpuPeriodMicros);
    return this;
  }

  public LimitsBuilder cpusetCpus(String cpusetCpus) {
    this.cpusetCpus = Optional.of(cpusetCpus);
    return this;
  }

  public LimitsBuilder cpusetMems(String cpusetMems) {
    this.cpusetMems = Optional.of(cpusetMems);
    return this;
  }

  public LimitsBuilder pids(long pids) {
    this.pids = OptionalLong.of(pids);
    return this;
  }

  public LimitsBuilder oomScoreAdj(int oomScoreAdj) {
    this.oomScoreAdj = OptionalInt.of(oomScoreAdj);
    return this;
  }

  public LimitsBuilder oomKillDisabled(boolean oomKillDisabled) {
    this.oomKillDisabled = oomKillDisabled;
    return this;
  }

  public LimitsBuilder blkioWeight(int blkioWeight) {
    this.blkioWeight = OptionalInt.of(blkioWeight);
    return this;
  }

  public LimitsBuilder ulimits(List<Ulimit> ulimits) {
    this.ulimits = ulimits;
    return this;
  }

  public Limits build() {
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
        pids,
        oomScoreAdj,
        oomKillDisabled,
        blkioWeight,
        ulimits);
  }
}
