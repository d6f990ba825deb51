package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.instance.RestartPolicy.Mode;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RestartBackOffTest {
  private static final Duration SHORT = Duration.ofSeconds(9);
  private static final Duration LONG = Duration.ofSeconds(10);

  @Test
  void doublesUpToAMinute() {
    RestartBackOff backOff = RestartBackOff.NONE;
    long expected = 100;
    for (int i = 0; i < 20; i++) {
      backOff = backOff.after(SHORT);
      assertThat(backOff.delay()).isEqualTo(Duration.ofMillis(Math.min(expected, 60_000)));
      expected *= 2;
    }
    assertThat(backOff.after(LONG).delay()).isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void asksThePolicyWhenARunEnds() {
    assertThat(RestartBackOff.wanted(RestartPolicy.NO, 1, 0)).isFalse();
    assertThat(RestartBackOff.wanted(new RestartPolicy(Mode.ALWAYS, 0), 0, 9)).isTrue();
    assertThat(RestartBackOff.wanted(new RestartPolicy(Mode.UNLESS_STOPPED, 0), 0, 9)).isTrue();
    RestartPolicy onFailure = new RestartPolicy(Mode.ON_FAILURE, 2);
    assertThat(RestartBackOff.wanted(onFailure, 0, 0)).isFalse();
    assertThat(RestartBackOff.wanted(onFailure, 1, 1)).isTrue();
    assertThat(RestartBackOff.wanted(onFailure, 1, 2)).isFalse();
  }

  @Test
  void asksThePolicyWhenAnEngineOpens() {
    RestartPolicy always = new RestartPolicy(Mode.ALWAYS, 0);
    RestartPolicy unlessStopped = new RestartPolicy(Mode.UNLESS_STOPPED, 0);
    RestartPolicy onFailure = new RestartPolicy(Mode.ON_FAILURE, 0);
    assertThat(RestartBackOff.wantedAtOpening(always, 0, 0, true, false)).isTrue();
    assertThat(RestartBackOff.wantedAtOpening(unlessStopped, 0, 0, true, false)).isFalse();
    assertThat(RestartBackOff.wantedAtOpening(unlessStopped, 0, 0, false, false)).isTrue();
    assertThat(RestartBackOff.wantedAtOpening(onFailure, 1, 0, false, true)).isTrue();
    assertThat(RestartBackOff.wantedAtOpening(onFailure, 1, 0, false, false)).isFalse();
    assertThat(RestartBackOff.wantedAtOpening(RestartPolicy.NO, 1, 0, false, true)).isFalse();
  }
}
