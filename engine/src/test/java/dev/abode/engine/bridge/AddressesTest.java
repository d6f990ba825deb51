package dev.abode.engine.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.Subnet;
import dev.abode.engine.network.SubnetSpec;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AddressesTest {
  private static IpAddress ip(String text) {
    return IpAddress.parse(text);
  }

  private static Addresses of(String subnet, String gateway) {
    return new Addresses(
        new SubnetSpec(Subnet.parse(subnet), Optional.of(ip(gateway)), Optional.empty(), Map.of()),
        "container "::concat);
  }

  @Test
  void leavesOutTheNetworkItsGatewayAndItsBroadcasts() {
    Addresses addresses = of("10.0.0.0/29", "10.0.0.1");
    Set<String> leased = new HashSet<>();
    for (int i = 0; i < 5; i++) {
      leased.add(addresses.lease("holder" + i).toString());
    }
    assertThat(leased)
        .containsExactlyInAnyOrder("10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6");
    assertThatThrownBy(() -> addresses.lease("sixth"))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("no available addresses in 10.0.0.0/29");
    addresses.release(ip("10.0.0.4"), "holder2");
    assertThat(addresses.lease("sixth")).isEqualTo(ip("10.0.0.4"));
  }

  @Test
  void isInNoHurryToLeaseAnAddressAgain() {
    Addresses addresses = of("10.0.0.0/24", "10.0.0.1");
    IpAddress first = addresses.lease("one");
    addresses.release(first, "one");
    assertThat(addresses.lease("two")).isNotEqualTo(first);
  }

  @Test
  void leasesFromItsRangeAndGivesAnyOfItsSubnet() {
    Addresses addresses =
        new Addresses(
            new SubnetSpec(
                Subnet.parse("10.0.0.0/24"),
                Optional.of(ip("10.0.0.1")),
                Optional.of(Subnet.parse("10.0.0.128/30")),
                Map.of("printer", ip("10.0.0.129"))),
            "container "::concat);
    Set<String> leased = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      leased.add(addresses.lease("holder" + i).toString());
    }
    assertThat(leased).containsExactlyInAnyOrder("10.0.0.128", "10.0.0.130", "10.0.0.131");
    addresses.take(ip("10.0.0.77"), "chosen");
    assertThatThrownBy(() -> addresses.take(ip("10.0.0.77"), "other"))
        .hasMessage("Address already in use: 10.0.0.77 belongs to container chosen");
    assertThatThrownBy(() -> addresses.take(ip("10.0.1.1"), "other"))
        .hasMessageContaining("not in the network's subnet 10.0.0.0/24");
  }

  @Test
  void takesNothingBackFromSomebodyElse() {
    Addresses addresses = of("10.0.0.0/29", "10.0.0.1");
    IpAddress leased = addresses.lease("one");
    addresses.release(leased, "other");
    assertThatThrownBy(() -> addresses.take(leased, "other")).isInstanceOf(EngineException.class);
    // An engine that follows notes what it finds, perhaps twice.
    addresses.take(leased, "one");
  }

  @Test
  void hasRoomForALifetimeInASubnetOfIpv6() {
    Addresses addresses = of("fd00:1::/64", "fd00:1::1");
    assertThat(addresses.lease("one")).isEqualTo(ip("fd00:1::2"));
    for (int i = 0; i < 5000; i++) {
      addresses.lease("holder" + i);
    }
    assertThat(addresses.lease("last")).isEqualTo(ip("fd00:1::138b"));
  }
}
