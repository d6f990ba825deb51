package dev.abode.engine.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.cgroup.LimitSettings.Setting;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.LimitsOf;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimitSettingsTest {
  private static List<String> files(List<Setting> settings) {
    return settings.stream().map(s -> s.file() + '=' + s.value()).toList();
  }

  @Test
  void nothingAskedNothingWritten() {
    assertThat(LimitSettings.v1(Limits.NONE)).isEmpty();
    assertThat(LimitSettings.v2(Limits.NONE)).isEmpty();
    assertThat(LimitSettings.memoryAndSwap(Limits.NONE)).isEmpty();
  }

  @Test
  void cpusBecomeAQuotaOfATenthOfASecond() {
    Limits half = LimitsOf.cpuNanos(500_000_000);
    assertThat(files(LimitSettings.v1(half)))
        .containsExactly("cpu.cfs_period_us=100000", "cpu.cfs_quota_us=50000");
    assertThat(files(LimitSettings.v2(half))).containsExactly("cpu.max=50000 100000");
  }

  @Test
  void memoryBringsAsMuchSwapUnlessSaid() {
    assertThat(LimitSettings.memoryAndSwap(LimitsOf.memory(8 << 20)))
        .isEqualTo(OptionalLong.of(16 << 20));
    assertThat(files(LimitSettings.v2(LimitsOf.memory(8 << 20))))
        .containsExactly("memory.swap.max=8388608", "memory.max=8388608");
    assertThat(files(LimitSettings.v2(LimitsOf.memoryAndSwap(8 << 20, 8 << 20))))
        .containsExactly("memory.swap.max=0", "memory.max=8388608");
    assertThat(files(LimitSettings.v2(LimitsOf.memoryAndSwap(8 << 20, -1))))
        .containsExactly("memory.swap.max=max", "memory.max=8388608");
  }

  @ParameterizedTest
  @CsvSource({"2, 1", "1024, 39", "262144, 10000", "1, 1", "999999, 10000"})
  void sharesBecomeAWeight(long shares, long weight) {
    assertThat(files(LimitSettings.v2(LimitsOf.cpuShares(shares))))
        .containsExactly("cpu.weight=" + weight);
  }

  @Test
  void pidsAndWeights() {
    assertThat(files(LimitSettings.v1(LimitsOf.pids(-1)))).containsExactly("pids.max=max");
    assertThat(files(LimitSettings.v1(LimitsOf.pids(0)))).isEmpty();
    assertThat(files(LimitSettings.v2(LimitsOf.blkioWeight(10))))
        .containsExactly("io.weight=default 1");
    assertThat(files(LimitSettings.v2(LimitsOf.blkioWeight(1000))))
        .containsExactly("io.weight=default 10000");
  }

  @Test
  void whatMakesNoSenseIsRefusedInDockersWords() {
    refused(LimitsOf.memory(1 << 20), "Minimum memory limit allowed is 6MB");
    refused(LimitsOf.memoryAndSwap(0, 8 << 20), "always set the Memory limit");
    refused(LimitsOf.memoryAndSwap(16 << 20, 8 << 20), "should be larger than memory limit");
    refused(LimitsOf.cpuNanos(1_000_000), "Range of CPUs is from 0.01 to 2.00");
    refused(LimitsOf.cpuNanos(3_000_000_000L), "only 2 CPUs available");
    refused(LimitsOf.blkioWeight(5), "Range of blkio weight");
  }

  private static void refused(Limits limits, String why) {
    assertThatThrownBy(() -> LimitSettings.check(limits, 2))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining(why);
  }
}
