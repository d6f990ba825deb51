package dev.abode.engine.bridge;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.Endpoint.InterfaceAddress;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.IpAddress.Family;
import dev.abode.engine.network.MacAddress;
import dev.abode.engine.network.SubnetSpec;
import dev.abode.engine.record.RandomId;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Which endpoint has which addresses. Not safe for several threads. */
final class Leases {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final KernelNames names;
  private final UnaryOperator<String> instanceName;
  private final Map<String, Map<Family, Addresses>> networks = new HashMap<>();

  /**
   * @param instanceName from an instance's ID, for failures
   */
  Leases(KernelNames names, UnaryOperator<String> instanceName) {
    this.names = names;
    this.instanceName = instanceName;
  }

  private Map<Family, Addresses> of(NetworkRecord network) {
    return networks.computeIfAbsent(
        network.id(),
        id -> {
          Map<Family, Addresses> addresses = new HashMap<>();
          for (SubnetSpec subnet : network.subnets()) {
            addresses.put(subnet.subnet().family(), new Addresses(subnet, instanceName));
          }
          return addresses;
        });
  }

  /**
   * An endpoint with addresses of its own.
   *
   * @throws EngineException EXHAUSTED, CONFLICT for an address in use, INVALID_ARGUMENT
   */
  Endpoint lease(
      NetworkRecord network, String instanceId, EndpointSpec spec, String interfaceName) {
    String id = RandomId.next();
    List<IpAddress> leased = new ArrayList<>();
    try {
      Optional<InterfaceAddress> ipv4 =
          address(network, Family.IPV4, spec.ipv4(), instanceId, leased);
      Optional<InterfaceAddress> ipv6 =
          address(network, Family.IPV6, spec.ipv6(), instanceId, leased);
      List<String> aliases = new ArrayList<>(spec.aliases());
      return new Endpoint(
          id,
          network.id(),
          instanceId,
          interfaceName,
          names.port(id),
          spec.mac().orElseGet(() -> mac(ipv4)),
          ipv4,
          ipv6,
          aliases);
    } catch (RuntimeException e) {
      leased.forEach(address -> release(network.id(), address, instanceId));
      throw e;
    }
  }

  private Optional<InterfaceAddress> address(
      NetworkRecord network,
      Family family,
      Optional<IpAddress> asked,
      String instanceId,
      List<IpAddress> leased) {
    Addresses addresses = of(network).get(family);
    if (addresses == null) {
      if (asked.isPresent()) {
        throw new EngineException(
            Kind.INVALID_ARGUMENT,
            "invalid address " + asked.get() + ": network " + network.name() + " has no " + family);
      }
      return Optional.empty();
    }
    IpAddress address;
    if (asked.isPresent()) {
      address = asked.get();
      addresses.take(address, instanceId);
    } else {
      address = addresses.lease(instanceId);
    }
    leased.add(address);
    return Optional.of(
        new InterfaceAddress(
            address,
            addresses.subnet().prefix(),
            network.internal() ? Optional.empty() : addresses.spec().gateway()));
  }

  /**
   * Made from the IPv4 address, as neighbours remember which goes with which, and an address is
   * leased again.
   */
  private static MacAddress mac(Optional<InterfaceAddress> ipv4) {
    long low = ipv4.isPresent() ? ipv4.get().address().low() : RANDOM.nextInt() & 0xffff_ffffL;
    return new MacAddress(0x02_42_00_00_00_00L | low);
  }

  /** Notes what a running instance has had under an earlier engine. */
  void adopt(NetworkRecord network, Endpoint endpoint) {
    addresses(endpoint)
        .forEach(
            address -> {
              Addresses addresses = of(network).get(address.family());
              if (addresses != null) {
                addresses.take(address, endpoint.instanceId());
              }
            });
  }

  /** Takes back what an endpoint has. */
  void release(Endpoint endpoint) {
    addresses(endpoint).forEach(a -> release(endpoint.networkId(), a, endpoint.instanceId()));
  }

  private void release(String networkId, IpAddress address, String instanceId) {
    Map<Family, Addresses> network = networks.get(networkId);
    Addresses addresses = network == null ? null : network.get(address.family());
    if (addresses != null) {
      addresses.release(address, instanceId);
    }
  }

  private static List<IpAddress> addresses(Endpoint endpoint) {
    List<IpAddress> addresses = new ArrayList<>();
    endpoint.ipv4().ifPresent(a -> addresses.add(a.address()));
    endpoint.ipv6().ifPresent(a -> addresses.add(a.address()));
    return addresses;
  }

  /** Forgets a network. */
  void forget(String networkId) {
    networks.remove(networkId);
  }
}
