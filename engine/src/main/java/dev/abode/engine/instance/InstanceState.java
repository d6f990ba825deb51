package dev.abode.engine.instance;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How an instance is at one moment.
 *
 * @param pid of the workload on the host, 0 when it does not run
 * @param exitCode of the last run, as a shell gives it; 0 before the first end
 * @param oomKilled whether the kernel killed a process of the last run for lack of memory
 * @param error why the last start failed, empty if it did not
 * @param startedAt of the last run
 * @param finishedAt of the last run
 * @param restartCount how often the restart policy started it
 */
public record InstanceState(
    InstanceStatus status,
    int pid,
    int exitCode,
    boolean oomKilled,
    String error,
    Optional<Instant> startedAt,
    Optional<Instant> finishedAt,
    int restartCount,
    Optional<Health> health) {

  /** The state before the first start. */
  public static final InstanceState CREATED =
      new InstanceState(
          InstanceStatus.CREATED,
          0,
          0,
          false,
          "",
          Optional.empty(),
          Optional.empty(),
          0,
          Optional.empty());

  /** Whether the workload's process exists: running or paused. */
  public boolean running() {
    return status == InstanceStatus.RUNNING || status == InstanceStatus.PAUSED;
  }

  /** What the health checks found. */
  public record Health(HealthStatus status, int failingStreak, List<Probe> log) {
    public Health {
      log = List.copyOf(log);
    }
  }

  /** Docker's words, lower case. */
  public enum HealthStatus {
    STARTING,
    HEALTHY,
    UNHEALTHY
  }

  /** One run of a health check. */
  public record Probe(Instant started, Instant finished, int exitCode, String output) {}
}
