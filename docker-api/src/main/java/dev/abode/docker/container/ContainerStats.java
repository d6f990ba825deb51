package dev.abode.docker.container;

import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.route.Call;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceInfo;
import dev.abode.engine.instance.Stats;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * {@code GET /containers/{id}/stats}: a sample a second, each with the one before, from whose
 * difference a client counts percentages.
 */
final class ContainerStats {
  private static final Duration PERIOD = Duration.ofSeconds(1);

  private final Engine engine;

  ContainerStats(Engine engine) {
    this.engine = engine;
  }

  void stats(Call call) throws IOException, InterruptedException {
    Instance instance = engine.instance(call.parameter("id"));
    boolean stream = call.query().flag("stream", true);
    boolean oneShot = !stream && call.query().flag("one-shot");
    Optional<Stats> previous = oneShot ? Optional.empty() : sample(instance);
    if (!stream) {
      if (previous.isPresent()) {
        Thread.sleep(PERIOD);
      }
      call.respond(document(instance.info(), sample(instance), previous));
      return;
    }
    OutputStream answer = call.exchange().stream(200, "application/json");
    answer.write(document(instance.info(), previous, Optional.empty()).bytes());
    answer.write('\n');
    answer.flush();
    call.exchange().whenClientLeaves(Thread.currentThread()::interrupt);
    while (previous.isPresent() || isThere(instance)) {
      Thread.sleep(PERIOD);
      Optional<Stats> current = sample(instance);
      if (!isThere(instance)) {
        return;
      }
      answer.write(document(instance.info(), current, previous).bytes());
      answer.write('\n');
      answer.flush();
      previous = current;
    }
  }

  private static boolean isThere(Instance instance) {
    try {
      instance.info();
      return true;
    } catch (EngineException e) {
      return false;
    }
  }

  /** Absent when it does not run: then there is nothing to measure, which is no error. */
  private static Optional<Stats> sample(Instance instance) throws IOException {
    try {
      return instance.info().state().running() ? Optional.of(instance.stats()) : Optional.empty();
    } catch (EngineException e) {
      if (e.kind() == EngineException.Kind.CONFLICT || e.kind() == EngineException.Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private JsonDocument document(
      InstanceInfo info, Optional<Stats> current, Optional<Stats> previous) {
    JsonDocument document =
        new JsonDocument()
            .with("name", "/" + info.name())
            .with("id", info.id())
            .with("read", GoTime.text(current.map(Stats::time)))
            .with("preread", GoTime.text(previous.map(Stats::time)))
            .with("pids_stats", current.map(ContainerStats::pids).orElseGet(JsonDocument::new))
            .with("blkio_stats", blkio(current))
            .with("num_procs", 0)
            .with("storage_stats", Map.of())
            .with("cpu_stats", cpu(current))
            .with("precpu_stats", cpu(previous))
            .with("memory_stats", current.map(this::memory).orElseGet(JsonDocument::new));
    current
        .filter(stats -> !stats.interfaces().isEmpty())
        .ifPresent(stats -> document.with("networks", networks(stats)));
    // Not Docker's: clients that do not know it pass over it.
    current.flatMap(Stats::hypervisor).ifPresent(h -> document.with("hypervisor", hypervisor(h)));
    return document;
  }

  private static JsonDocument hypervisor(Stats.Hypervisor hypervisor) {
    return new JsonDocument()
        .with("memory_usage", hypervisor.memoryBytes())
        .with("memory_limit", hypervisor.memoryLimitBytes())
        .with("tasks", hypervisor.tasks());
  }

  private static JsonDocument pids(Stats stats) {
    JsonDocument pids = new JsonDocument().with("current", stats.pids());
    stats.pidsLimit().ifPresent(limit -> pids.with("limit", limit));
    return pids;
  }

  private static JsonDocument cpu(Optional<Stats> sample) {
    JsonDocument usage = new JsonDocument();
    usage.with("total_usage", sample.map(s -> s.cpu().toNanos()).orElse(0L));
    usage.with("usage_in_kernelmode", sample.map(s -> s.cpuSystem().toNanos()).orElse(0L));
    usage.with("usage_in_usermode", sample.map(s -> s.cpuUser().toNanos()).orElse(0L));
    JsonDocument cpu = new JsonDocument().with("cpu_usage", usage);
    sample.ifPresent(
        stats ->
            cpu.with("system_cpu_usage", stats.systemCpu().toNanos())
                .with("online_cpus", stats.onlineCpus()));
    sample
        .flatMap(Stats::hypervisor)
        .ifPresent(h -> cpu.with("workload_usage", h.workloadCpu().toNanos()));
    return cpu.with(
        "throttling_data",
        new JsonDocument()
            .with("periods", sample.map(Stats::periods).orElse(0L))
            .with("throttled_periods", sample.map(Stats::throttledPeriods).orElse(0L))
            .with("throttled_time", sample.map(s -> s.throttled().toNanos()).orElse(0L)));
  }

  /** A client subtracts the cache under the name that it has in the host's kind of cgroups. */
  private JsonDocument memory(Stats stats) {
    String cache = engine.host().cgroupVersion() == 2 ? "inactive_file" : "total_inactive_file";
    JsonDocument memory = new JsonDocument().with("usage", stats.memoryBytes());
    OptionalLong peak = stats.memoryPeakBytes();
    if (peak.isPresent()) {
      memory.with("max_usage", peak.getAsLong());
    }
    return memory
        .with("stats", new JsonDocument().with(cache, stats.memoryCacheBytes()))
        .with("limit", stats.memoryLimitBytes());
  }

  private static JsonDocument blkio(Optional<Stats> sample) {
    Object bytes =
        sample
            .<Object>map(
                stats ->
                    List.of(
                        transferred("read", stats.blockReadBytes()),
                        transferred("write", stats.blockWriteBytes())))
            .orElse(JsonDocument.NULL);
    return new JsonDocument()
        .with("io_service_bytes_recursive", bytes)
        .with("io_serviced_recursive", JsonDocument.NULL)
        .with("io_queue_recursive", JsonDocument.NULL)
        .with("io_service_time_recursive", JsonDocument.NULL)
        .with("io_wait_time_recursive", JsonDocument.NULL)
        .with("io_merged_recursive", JsonDocument.NULL)
        .with("io_time_recursive", JsonDocument.NULL)
        .with("sectors_recursive", JsonDocument.NULL);
  }

  private static JsonDocument transferred(String operation, long bytes) {
    return new JsonDocument()
        .with("major", 0)
        .with("minor", 0)
        .with("op", operation)
        .with("value", bytes);
  }

  private static JsonDocument networks(Stats stats) {
    JsonDocument networks = new JsonDocument();
    for (Stats.NetworkInterface each : stats.interfaces()) {
      networks.with(
          each.name(),
          new JsonDocument()
              .with("rx_bytes", each.receivedBytes())
              .with("rx_packets", each.receivedPackets())
              .with("rx_errors", 0)
              .with("rx_dropped", 0)
              .with("tx_bytes", each.sentBytes())
              .with("tx_packets", each.sentPackets())
              .with("tx_errors", 0)
              .with("tx_dropped", 0));
    }
    return networks;
  }
}
