package dev.abode.engine.network;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How an instance is to be connected to one network.
 *
 * @param network name or ID
 * @param ipv4 an address of its own choice; empty: one is leased at each start
 * @param ipv6 an address of its own choice; empty: one is leased at each start
 * @param mac empty: one is made up at each start
 * @param aliases further names in the network
 * @param driverOptions kept for the user, shown by inspect
 */
public record EndpointSpec(
    String network,
    Optional<IpAddress> ipv4,
    Optional<IpAddress> ipv6,
    Optional<MacAddress> mac,
    List<String> aliases,
    Map<String, String> driverOptions) {
  public EndpointSpec {
    aliases = List.copyOf(aliases);
    driverOptions = Map.copyOf(driverOptions);
    if (ipv4.isPresent() && !ipv4.get().isIpv4()) {
      throw new IllegalArgumentException("invalid IPv4 address: " + ipv4.get());
    }
    if (ipv6.isPresent() && ipv6.get().isIpv4()) {
      throw new IllegalArgumentException("invalid IPv6 address: " + ipv6.get());
    }
  }

  /** In that network, with every default. */
  public static EndpointSpec of(String network) {
    return new EndpointSpec(
        network, Optional.empty(), Optional.empty(), Optional.empty(), List.of(), Map.of());
  }

  /** The same with these further names. */
  public EndpointSpec withAliases(String... names) {
    return new EndpointSpec(network, ipv4, ipv6, mac, List.of(names), driverOptions);
  }

  /** The same with an address of its own choice. */
  public EndpointSpec withAddress(IpAddress address) {
    return address.isIpv4()
        ? new EndpointSpec(network, Optional.of(address), ipv6, mac, aliases, driverOptions)
        : new EndpointSpec(network, ipv4, Optional.of(address), mac, aliases, driverOptions);
  }

  /** The same with addresses that are leased and made up at each start. */
  public EndpointSpec anywhere() {
    return new EndpointSpec(
        network, Optional.empty(), Optional.empty(), Optional.empty(), aliases, driverOptions);
  }

  /** The same in a network of another name. */
  public EndpointSpec in(String other) {
    return new EndpointSpec(other, ipv4, ipv6, mac, aliases, driverOptions);
  }
}
