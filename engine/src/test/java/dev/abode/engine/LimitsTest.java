package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.LimitsOf;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.Stats;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.EngineCase;
import dev.abode.engine.testing.TestEngine;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Limits, judged by what the kernel does to a workload that goes beyond them. Runs on the control
 * groups of this host, and again inside a guest with cgroup v2 (see cgroup2/verify).
 */
@Tag("cgroup")
class LimitsTest extends EngineCase {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @Test
  void aMemoryHogIsKilledAndSaysSo() throws Exception {
    Instance hog = start(memory(24 << 20), "tail", "/dev/zero");
    InstanceState end = hog.await(WaitCondition.NOT_RUNNING);
    assertThat(end.oomKilled()).isTrue();
    assertThat(end.exitCode()).isEqualTo(137);
  }

  @Test
  void aMemoryHogBelowPidOneIsReportedAsWell() throws Exception {
    Instance hog = start(memory(24 << 20), "sh", "-c", "tail /dev/zero; echo lived on");
    InstanceState end = hog.await(WaitCondition.NOT_RUNNING);
    assertThat(end.oomKilled()).isTrue();
    assertThat(end.exitCode()).isZero();
    assertThat(TestEngine.log(hog)).contains("lived on");
  }

  @Test
  void aKillIsNotCalledLackOfMemory() throws Exception {
    Instance sleeper = start(memory(24 << 20), "sleep", "1000");
    sleeper.kill("KILL");
    InstanceState end = sleeper.await(WaitCondition.NOT_RUNNING);
    assertThat(end.oomKilled()).isFalse();
    assertThat(end.exitCode()).isEqualTo(137);
  }

  @Test
  void aForkBombStopsAtTheLimitOfTasks() throws Exception {
    Instance sleeper = start(LimitsOf.pids(20), "sleep", "1000");
    // The shell gives up when a fork is refused; what it forked before stays.
    Exec bomb = sleeper.exec(ExecSpec.of("sh", "-c", "while :; do sleep 1000 & done"));
    try (Attachment streams = bomb.start()) {
      assertThat(TestEngine.read(streams)).contains("can't fork");
    }
    assertThat(bomb.await()).isNotZero();
    Stats stats = sleeper.stats();
    assertThat(stats.pids()).isBetween(18L, 20L);
    assertThat(stats.pidsLimit()).hasValue(20);
    sleeper.remove(true, true);
  }

  @Test
  void aTenthOfACpuIsATenthOfACpu() throws Exception {
    // So little that it is used up, and more of it refused, on a machine that is busy as well.
    Instance spinner = start(LimitsOf.cpuNanos(100_000_000), "sh", "-c", "while :; do :; done");
    Stats first = until(spinner, s -> s.periods() >= 2);
    Stats last = until(spinner, s -> s.throttledPeriods() >= first.throttledPeriods() + 20);
    double cpu = last.cpu().minus(first.cpu()).toNanos();
    double periods = 100_000_000.0 * (last.periods() - first.periods());
    double throttled = 100_000_000.0 * (last.throttledPeriods() - first.throttledPeriods());
    // The kernel may hand out a slice of the period before the first and after the last reading.
    double slack = 60_000_000;
    assertThat(cpu).isLessThanOrEqualTo(0.1 * periods + slack);
    assertThat(cpu).isGreaterThanOrEqualTo(0.1 * throttled - slack);
    spinner.remove(true, true);
  }

  @Test
  void aPausedWorkloadUsesNoCpu() throws Exception {
    Instance spinner = start(Limits.NONE, "sh", "-c", "while :; do :; done");
    until(spinner, s -> !s.cpu().isZero());
    spinner.pause();
    assertThat(spinner.info().state().status()).isEqualTo(InstanceStatus.PAUSED);
    // It counts as frozen a moment before it has left its processor.
    Duration before = spinner.stats().cpu();
    LockSupport.parkNanos(200_000_000);
    Duration after = spinner.stats().cpu();
    assertThat(after.minus(before)).isLessThan(Duration.ofMillis(20));
    spinner.unpause();
    until(spinner, s -> s.cpu().compareTo(after.plusMillis(50)) > 0);
    spinner.remove(true, true);
  }

  @Test
  void limitsChangeWhileItRuns() throws Exception {
    Instance sleeper = start(memory(64 << 20), "sleep", "1000");
    assertThat(sleeper.stats().memoryLimitBytes()).isEqualTo(64 << 20);
    sleeper.update(memory(32 << 20), Optional.empty());
    assertThat(sleeper.stats().memoryLimitBytes()).isEqualTo(32 << 20);
    sleeper.update(
        Limits.builder().memoryBytes(128 << 20).memorySwapBytes(256 << 20).pids(33).build(),
        Optional.empty());
    assertThat(sleeper.stats().memoryLimitBytes()).isEqualTo(128 << 20);
    assertThat(sleeper.stats().pidsLimit()).hasValue(33);
    sleeper.remove(true, true);
  }

  @Test
  void devicesAreDeniedButTheUsualOnes() throws Exception {
    Instance sleeper = start(Limits.NONE, "sleep", "1000");
    assertThat(run(sleeper, "head", "-c", "1", "/dev/zero")).isZero();
    // Even with the node there, a disk cannot be opened.
    assertThat(run(sleeper, "sh", "-c", "mknod /tmp/disk b 254 0 && head -c 1 /tmp/disk"))
        .isNotZero();
    sleeper.remove(true, true);
  }

  @Test
  void aLimitThatCannotBeIsRefusedAndNothingStays() throws Exception {
    Instance instance =
        engine.create(
            InstanceSpec.builder(alpine)
                .network(new NetworkMode.None())
                .command(List.of("true"))
                .limits(LimitsOf.cpuset("4095"))
                .build());
    assertThatThrownBy(instance::start)
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("4095");
    assertThat(instance.info().state().running()).isFalse();
    instance.remove(false, false);
  }

  private Instance start(Limits limits, String... command) throws Exception {
    Instance instance =
        engine.create(
            InstanceSpec.builder(alpine)
                .network(new NetworkMode.None())
                .command(List.of(command))
                .limits(limits)
                .build());
    instance.start();
    return instance;
  }

  private static int run(Instance instance, String... command) throws Exception {
    Exec exec = instance.exec(ExecSpec.of(command));
    try (Attachment streams = exec.start()) {
      TestEngine.read(streams);
    }
    return exec.await();
  }

  /** Asks until the figures are as wanted; fails when patience ends. */
  private static Stats until(Instance instance, Predicate<Stats> wanted) throws Exception {
    Instant end = Instant.now().plus(PATIENCE);
    for (Stats stats = instance.stats(); ; stats = instance.stats()) {
      if (wanted.test(stats)) {
        return stats;
      }
      assertThat(Instant.now()).as("still %s", stats).isBefore(end);
      LockSupport.parkNanos(20_000_000);
    }
  }

  private static Limits memory(long bytes) {
    return LimitsOf.memoryAndSwap(bytes, bytes);
  }
}
