package dev.abode.engine.network;

import java.util.Map;
import java.util.Optional;

/**
 * The addresses of a network in one family, as asked for.
 *
 * @param gateway the host's own address in it; empty: the first one
 * @param range where addresses are leased from; empty: the whole subnet
 * @param reserved addresses never leased, by a name of the user's choice
 */
public record SubnetSpec(
    Subnet subnet,
    Optional<IpAddress> gateway,
    Optional<Subnet> range,
    Map<String, IpAddress> reserved) {
  public SubnetSpec {
    reserved = Map.copyOf(reserved);
    gateway.ifPresent(address -> requireInside(subnet, address, "gateway"));
    reserved.values().forEach(address -> requireInside(subnet, address, "auxiliary address"));
    if (range.isPresent() && !subnet.contains(range.get())) {
      throw new IllegalArgumentException(
          "invalid range " + range.get() + ": it is not inside subnet " + subnet);
    }
  }

  private static void requireInside(Subnet subnet, IpAddress address, String what) {
    if (!subnet.contains(address)) {
      throw new IllegalArgumentException(
          "invalid " + what + " " + address + ": it is not inside subnet " + subnet);
    }
  }

  /** A whole subnet, the gateway its first address. */
  public static SubnetSpec of(Subnet subnet) {
    return new SubnetSpec(subnet, Optional.empty(), Optional.empty(), Map.of());
  }
}
