package dev.abode.engine.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a user asks for when a network is created.
 *
 * @param driver {@code bridge}; empty says the same
 * @param subnets at most one a family; what is missing is chosen
 * @param ipv4 whether instances get IPv4 addresses
 * @param ipv6 whether instances get IPv6 addresses
 * @param internal nothing in it reaches beyond it, nor is it reached
 * @param attachable kept for the user; every instance may be connected
 * @param addressOptions kept for the user, shown by inspect: addresses are given without options
 * @param options the driver's, {@link NetworkOption}
 */
public record NetworkSpec(
    String name,
    String driver,
    List<SubnetSpec> subnets,
    boolean ipv4,
    boolean ipv6,
    boolean internal,
    boolean attachable,
    Map<String, String> addressOptions,
    Map<String, String> options,
    Map<String, String> labels) {
  public NetworkSpec {
    subnets = List.copyOf(subnets);
    addressOptions = Map.copyOf(addressOptions);
    options = Map.copyOf(options);
    labels = Map.copyOf(labels);
  }

  /** A network with every default. */
  public static NetworkSpec of(String name) {
    return new NetworkSpec(
        name, "bridge", List.of(), true, false, false, false, Map.of(), Map.of(), Map.of());
  }

  /** The same network with this subnet as well, and IPv6 when it is one. */
  public NetworkSpec with(SubnetSpec subnet) {
    List<SubnetSpec> all = new ArrayList<>(subnets);
    all.add(subnet);
    return new NetworkSpec(
        name,
        driver,
        all,
        ipv4,
        ipv6 || subnet.subnet().family() == IpAddress.Family.IPV6,
        internal,
        attachable,
        addressOptions,
        options,
        labels);
  }

  /** The same network with IPv6, or without. */
  public NetworkSpec withIpv6(boolean wanted) {
    return new NetworkSpec(
        name, driver, subnets, ipv4, wanted, internal, attachable, addressOptions, options, labels);
  }

  /** The same network, internal or not. */
  public NetworkSpec withInternal(boolean wanted) {
    return new NetworkSpec(
        name, driver, subnets, ipv4, ipv6, wanted, attachable, addressOptions, options, labels);
  }

  /** The same network with these options. */
  public NetworkSpec withOptions(Map<String, String> wanted) {
    return new NetworkSpec(
        name, driver, subnets, ipv4, ipv6, internal, attachable, addressOptions, wanted, labels);
  }
}
