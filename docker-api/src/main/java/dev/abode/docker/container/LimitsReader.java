package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.json.JsonObject;
import dev.abode.engine.instance.Limits;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Docker's {@code Resources}, which are part of HostConfig and the whole of an update. */
final class LimitsReader {
  /** Fields that limit something we cannot limit, with what they would do. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "BlkioWeightDevice",
          "BlkioDeviceReadBps",
          "BlkioDeviceWriteBps",
          "BlkioDeviceReadIOps",
          "BlkioDeviceWriteIOps",
          "CpuRealtimePeriod",
          "CpuRealtimeRuntime",
          "KernelMemoryTCP",
          "DeviceRequests",
          "CgroupParent",
          "CpuCount",
          "CpuPercent",
          "IOMaximumIOps",
          "IOMaximumBandwidth");

  private LimitsReader() {}

  static Limits read(JsonObject host) {
    for (String name : UNSUPPORTED) {
      if (host.says(name)) {
        throw ApiException.unsupported(
            "HostConfig." + name + " is not supported; leave it away to run without that limit");
      }
    }
    OptionalLong swappiness = host.number("MemorySwappiness");
    if (swappiness.isPresent() && swappiness.getAsLong() != -1) {
      throw ApiException.unsupported("HostConfig.MemorySwappiness is not supported");
    }
    OptionalLong nanos = host.nonZero("NanoCpus");
    OptionalLong quota = host.nonZero("CpuQuota");
    OptionalLong period = host.nonZero("CpuPeriod");
    if (nanos.isPresent() && (quota.isPresent() || period.isPresent())) {
      throw ApiException.invalid(
          "Conflicting options: Nano CPUs and CPU "
              + (quota.isPresent() ? "Quota" : "Period")
              + " cannot both be set.");
    }
    OptionalInt oomScore = host.integer("OomScoreAdj");
    OptionalInt weight = host.integer("BlkioWeight");
    return new Limits(
        positive(host, "Memory"),
        host.nonZero("MemorySwap"),
        positive(host, "MemoryReservation"),
        nanos,
        host.nonZero("CpuShares"),
        quota,
        period,
        host.nonEmptyText("CpusetCpus"),
        host.nonEmptyText("CpusetMems"),
        host.nonZero("PidsLimit"),
        nonZero(oomScore),
        host.flag("OomKillDisable"),
        nonZero(weight),
        host.objects("Ulimits").stream().map(LimitsReader::ulimit).toList());
  }

  private static OptionalLong positive(JsonObject host, String name) {
    OptionalLong value = host.nonZero(name);
    if (value.isPresent() && value.getAsLong() < 0) {
      throw ApiException.invalid("HostConfig." + name + " must not be negative");
    }
    return value;
  }

  private static OptionalInt nonZero(OptionalInt value) {
    return value.isPresent() && value.getAsInt() == 0 ? OptionalInt.empty() : value;
  }

  private static Limits.Ulimit ulimit(JsonObject ulimit) {
    return new Limits.Ulimit(
        ulimit.textOrEmpty("Name"),
        ulimit.number("Soft").orElse(0),
        ulimit.number("Hard").orElse(0));
  }
}
