package dev.abode.cli.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.cli.arguments.UsageException;
import java.util.List;
import org.junit.jupiter.api.Test;

class WarmTest {
  @Test
  void networksAreCounted() {
    assertThat(Warm.networks(List.of("shop"))).isEqualTo(1);
    assertThat(Warm.networks(List.of("shop", "name=back,ip=10.0.0.7"))).isEqualTo(2);
    assertThat(Warm.networks(List.of("none"))).isZero();
    assertThatThrownBy(() -> Warm.networks(List.of("none", "shop")))
        .isInstanceOf(UsageException.class)
        .hasMessage("--network none leaves no place for another --network");
  }
}
