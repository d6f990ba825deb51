package dev.abode.engine.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.LimitsOf;
import dev.abode.engine.instance.Stats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Groups on the real kernel, whichever layout it has. */
@Tag("cgroup")
class CgroupTest {
  private Cgroups cgroups;
  private final String id = randomId();
  private Process process;

  private static String randomId() {
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  @BeforeEach
  void open() throws IOException {
    cgroups = Cgroups.open();
    process = new ProcessBuilder("sh", "-c", "read x; while :; do sleep 1000 & wait; done").start();
  }

  @AfterEach
  void close() throws IOException, InterruptedException {
    process.destroyForcibly().waitFor();
    Cgroup group = cgroups.find(id);
    group.killAll();
    group.remove();
    cgroups.close();
    assertThat(cgroups.find(id).exists()).isFalse();
  }

  private void join(Cgroup group) throws IOException {
    for (CgroupPlacement.Membership member : group.placement().memberships()) {
      ControlFile.write(member.folder().resolve("cgroup.procs"), Long.toString(process.pid()));
    }
  }

  @Test
  void itIsTakenDownWithWhatIsLeftInIt() throws Exception {
    Cgroup group = cgroups.create(id, Limits.NONE, DeviceAccess.defaultsAnd(List.of()));
    join(group);
    cgroups.takeDown(id);
    assertThat(cgroups.find(id).exists()).isFalse();
    assertThat(process.waitFor()).isNotZero();
    cgroups.takeDown(id);
  }

  @Test
  void itIsFoundAgainAndRemoved() throws IOException {
    Cgroup group = cgroups.create(id, Limits.NONE, DeviceAccess.defaultsAnd(List.of()));
    assertThat(group.exists()).isTrue();
    assertThat(cgroups.ids()).contains(id);
    assertThat(cgroups.find(id).placement()).isEqualTo(group.placement());
    group.remove();
    group.remove();
    assertThat(cgroups.find(id).exists()).isFalse();
    assertThat(cgroups.ids()).doesNotContain(id);
  }

  @Test
  void processesAreFrozenThawedAndKilled() throws IOException, InterruptedException {
    Cgroup group = cgroups.create(id, Limits.NONE, DeviceAccess.EVERYTHING);
    join(group);
    assertThat(group.processes()).contains(process.pid());
    group.freeze();
    assertThat(group.frozen()).isTrue();
    assertThat(cgroups.find(id).frozen()).isTrue();
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    group.thaw();
    assertThat(group.frozen()).isFalse();
    group.freeze();
    // Also what is frozen can be killed.
    group.killAll();
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    group.remove();
    assertThat(group.exists()).isFalse();
  }

  @Test
  void aGroupWithAProcessIsNotRemovedInSilence() throws IOException {
    Cgroup group = cgroups.create(id, Limits.NONE, DeviceAccess.EVERYTHING);
    join(group);
    Thread.currentThread().interrupt();
    assertThatThrownBy(group::remove)
        .isInstanceOf(EngineException.class)
        .hasMessageContaining(Long.toString(process.pid()));
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void memoryIsRaisedAndLowered() throws IOException {
    Cgroup group = cgroups.create(id, LimitsOf.memory(64 << 20), DeviceAccess.EVERYTHING);
    assertThat(group.stats(List.of()).memoryLimitBytes()).isEqualTo(64 << 20);
    group.update(LimitsOf.memory(256 << 20));
    assertThat(group.stats(List.of()).memoryLimitBytes()).isEqualTo(256 << 20);
    group.update(LimitsOf.memory(32 << 20));
    assertThat(group.stats(List.of()).memoryLimitBytes()).isEqualTo(32 << 20);
  }

  @Test
  void pidsAndCpuset() throws IOException {
    Cgroup group = cgroups.create(id, LimitsOf.pids(12), DeviceAccess.EVERYTHING);
    join(group);
    Stats stats = group.stats(List.of());
    assertThat(stats.pidsLimit()).hasValue(12);
    assertThat(stats.pids()).isEqualTo(1);
    group.update(LimitsOf.cpuset("0"));
    assertThat(Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")))
        .contains("Cpus_allowed_list:\t0");
    assertThatThrownBy(() -> group.update(LimitsOf.cpuset("4096")))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("--cpuset-cpus");
  }

  @Test
  void whatTheKernelCannotLimitIsAnErrorAndLeavesNothing() {
    assertThatThrownBy(() -> cgroups.create(id, LimitsOf.cpuset("4096"), DeviceAccess.EVERYTHING))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("--cpuset-cpus");
    assertThat(cgroups.find(id).exists()).isFalse();
  }

  @Test
  void figuresGrow() throws IOException {
    Cgroup group = cgroups.create(id, Limits.NONE, DeviceAccess.EVERYTHING);
    join(group);
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    while (group.processes().size() < 2) {
      Thread.onSpinWait();
    }
    Stats stats = group.stats(List.of());
    assertThat(stats.cpu()).isPositive();
    assertThat(stats.memoryBytes()).isPositive();
    assertThat(stats.pids()).isEqualTo(2);
    assertThat(stats.systemCpu()).isGreaterThan(stats.cpu());
    assertThat(stats.pidsLimit()).isEmpty();
  }
}
