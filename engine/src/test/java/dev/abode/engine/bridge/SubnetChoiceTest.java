package dev.abode.engine.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.bridge.SubnetChoice.Taken;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.network.IpAddress.Family;
import dev.abode.engine.network.Subnet;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SubnetChoiceTest {
  private static Taken taken(String subnet, String by) {
    return new Taken(Subnet.parse(subnet), by);
  }

  @Test
  void takesTheFirstThatNeitherANetworkNorTheHostHas() {
    assertThat(new SubnetChoice(List.of(), List.of()).choose(Family.IPV4))
        .isEqualTo(Subnet.parse("172.17.0.0/16"));
    assertThat(
            new SubnetChoice(
                    List.of(taken("172.17.0.0/16", "network one")),
                    List.of(taken("172.18.4.0/24", "the host's route by eth0")))
                .choose(Family.IPV4))
        .isEqualTo(Subnet.parse("172.19.0.0/16"));
    // A route to a large part of the world leaves the other pool.
    assertThat(
            new SubnetChoice(List.of(), List.of(taken("172.16.0.0/12", "the host's route by tun0")))
                .choose(Family.IPV4))
        .isEqualTo(Subnet.parse("192.168.0.0/20"));
  }

  @Test
  void saysWhatToDoWhenThereIsNoneLeft() {
    List<Taken> all =
        new ArrayList<>(List.of(taken("172.16.0.0/12", "a"), taken("192.168.0.0/16", "b")));
    assertThatThrownBy(() -> new SubnetChoice(all, List.of()).choose(Family.IPV4))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("remove a network that is not needed, or say one with --subnet");
  }

  @Test
  void makesUniqueLocalSubnetsUpAtRandom() {
    SubnetChoice choice = new SubnetChoice(List.of(), List.of());
    Subnet one = choice.choose(Family.IPV6);
    assertThat(one.prefix()).isEqualTo(64);
    assertThat(one.toString()).startsWith("fd");
    assertThat(choice.choose(Family.IPV6)).isNotEqualTo(one);
  }

  @Test
  void refusesWhatOverlapsInEitherDirectionAndNamesWhoHasIt() {
    SubnetChoice choice =
        new SubnetChoice(
            List.of(taken("10.1.0.0/16", "network shop")),
            List.of(taken("10.9.9.0/24", "the host's interface eth0")));
    for (String inside : List.of("10.1.7.0/24", "10.0.0.0/8")) {
      assertThatThrownBy(() -> choice.check(Subnet.parse(inside)))
          .hasMessageContaining(inside + " overlaps with 10.1.0.0/16 of network shop");
    }
    assertThatThrownBy(() -> choice.check(Subnet.parse("10.9.0.0/16")))
        .hasMessageContaining("the host's interface eth0");
    choice.check(Subnet.parse("10.2.0.0/16"));
  }
}
