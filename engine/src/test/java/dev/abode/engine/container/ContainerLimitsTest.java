package dev.abode.engine.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.LimitsOf;
import dev.abode.engine.instance.Sharing;
import dev.abode.engine.instance.Stats;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Limits bite, on v1 as on v2. */
@Tag("cgroup")
class ContainerLimitsTest extends ContainerCase {

  private static final int SIGKILL = 9;

  @Test
  void aMemoryHogIsKilledAndItIsKnownWhy() throws IOException {
    InstanceSpec spec =
        InstanceSpec.of("alpine", "sh", "-c", "x=a; while :; do x=$x$x; done").toBuilder()
            .limits(LimitsOf.memory(16 << 20))
            .build();
    try (Container container = create(spec)) {
      Container.Result result = container.run();
      assertThat(result.exit().signal()).isEqualTo(SIGKILL);
      assertThat(result.status()).isEqualTo(137);
      assertThat(result.exit().oomKills()).isPositive();
    }
  }

  @Test
  void aKilledProcessWithoutLackOfMemoryIsNoOomKill() throws IOException {
    InstanceSpec spec =
        InstanceSpec.of("alpine", "sleep", "1000").toBuilder()
            .limits(LimitsOf.memory(64 << 20))
            .build();
    try (Container container = create(spec)) {
      container.start().signal(SIGKILL);
      Container.Result result = container.await();
      assertThat(result.status()).isEqualTo(137);
      assertThat(result.exit().oomKills()).isZero();
    }
  }

  @Test
  void aForkBombStopsAtTheLimit() throws IOException {
    InstanceSpec spec =
        InstanceSpec.of(
                "alpine", "sh", "-c", "i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i+1)); done")
            .toBuilder()
            .limits(LimitsOf.pids(20))
            .build();
    try (Container container = create(spec)) {
      Container.Result result = container.run();
      assertThat(result.output()).contains("can't fork");
      assertThat(result.status()).isNotZero();
    }
  }

  /** A tenth, which a hog uses up in every period however busy the machine is with other things. */
  @Test
  void aCpuHogGetsItsShareAndNoMore() throws IOException {
    long quotaNanos = 10_000_000;
    InstanceSpec spec =
        InstanceSpec.of("alpine", "sh", "-c", "while :; do :; done").toBuilder()
            .limits(LimitsOf.cpuNanos(100_000_000))
            .build();
    try (Container container = create(spec).start()) {
      // By the kernel's own count of periods, so that a busy machine makes it slower, not wrong.
      Stats stats = container.cgroup().stats(List.of());
      while (stats.throttledPeriods() < 5) {
        LockSupport.parkNanos(20_000_000);
        stats = container.cgroup().stats(List.of());
      }
      // It began before the first period was counted, and may overrun by a scheduler's slice.
      assertThat(stats.cpu().toNanos()).isLessThan((stats.periods() + 3) * quotaNanos);
      assertThat(stats.throttled()).isPositive();
    }
  }

  /** In the host's user namespace, where only the control group stands between it and a device. */
  @Test
  void devicesThatWereNotGivenStayClosed() throws IOException {
    InstanceSpec spec =
        InstanceSpec.of(
                "alpine",
                "sh",
                "-c",
                "mknod /log c 1 11 && echo made; head -c1 /log; mknod /zero c 1 5; head -c1 /zero |"
                    + " wc -c")
            .toBuilder()
            .sharing(
                new Sharing(
                    new Sharing.With.Nobody(),
                    new Sharing.With.Nobody(),
                    new Sharing.With.Nobody(),
                    new Sharing.With.Host(),
                    new Sharing.With.Nobody()))
            .build();
    try (Container container = create(spec)) {
      assertThat(container.run().output())
          .contains("made\n", "/log: Operation not permitted", "1\n");
    }
  }

  @Test
  void anOrdinaryContainerSeesItsOwnGroupsOnly() throws IOException {
    InstanceSpec spec =
        InstanceSpec.of("alpine", "sh", "-c", "cat /proc/self/cgroup; ls /sys/fs/cgroup | wc -l");
    try (Container container = create(spec)) {
      Container.Result result = container.run();
      assertThat(result.output()).doesNotContain("abode/");
      assertThat(result.status()).isZero();
    }
  }
}
