package dev.abode.engine;

import dev.abode.engine.bridge.BridgeNetworks;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.resolver.Zone;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whom an instance knows: everybody who runs in one of its networks, itself included, by name, by
 * the aliases in that network, by the first 12 digits of the ID, and by each of these with the
 * network's name behind a dot.
 */
final class NetworkZone implements Zone {
  private static final int SHORT_ID = 12;

  private final String instanceId;
  private final BridgeNetworks networks;
  private final Catalog catalog;

  NetworkZone(String instanceId, BridgeNetworks networks, Catalog catalog) {
    this.instanceId = instanceId;
    this.networks = networks;
    this.catalog = catalog;
  }

  @Override
  public Optional<List<InetAddress>> addresses(String name) {
    List<InetAddress> found = new ArrayList<>();
    boolean known = false;
    List<Endpoint> own = own();
    for (LiveInstance instance : catalog.all()) {
      for (Endpoint endpoint : networks.run(instance.id()).endpoints()) {
        if (shares(own, endpoint.networkId()) && isCalled(instance, endpoint, name)) {
          known = true;
          endpoint.ipv4().ifPresent(address -> found.add(address.address().toInetAddress()));
          endpoint.ipv6().ifPresent(address -> found.add(address.address().toInetAddress()));
        }
      }
    }
    return known ? Optional.of(found) : Optional.empty();
  }

  private List<Endpoint> own() {
    return networks.run(instanceId).endpoints();
  }

  private static boolean shares(List<Endpoint> own, String networkId) {
    for (Endpoint endpoint : own) {
      if (endpoint.networkId().equals(networkId)) {
        return true;
      }
    }
    return false;
  }

  private boolean isCalled(LiveInstance instance, Endpoint endpoint, String name) {
    if (isCalledInNetwork(instance, endpoint, name)) {
      return true;
    }
    int dot = name.lastIndexOf('.');
    return dot > 0
        && isCalledInNetwork(instance, endpoint, name.substring(0, dot))
        && networks
            .byId(endpoint.networkId())
            .filter(network -> lowerCase(network.name()).equals(name.substring(dot + 1)))
            .isPresent();
  }

  private static boolean isCalledInNetwork(LiveInstance instance, Endpoint endpoint, String name) {
    if (name.equalsIgnoreCase(instance.now().record().name())
        || name.equals(instance.id().substring(0, SHORT_ID))) {
      return true;
    }
    for (String alias : endpoint.aliases()) {
      if (name.equalsIgnoreCase(alias)) {
        return true;
      }
    }
    return false;
  }

  private static String lowerCase(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  @Override
  public Optional<String> name(InetAddress address) {
    IpAddress wanted = IpAddress.of(address);
    List<Endpoint> own = own();
    for (LiveInstance instance : catalog.all()) {
      for (Endpoint endpoint : networks.run(instance.id()).endpoints()) {
        if (shares(own, endpoint.networkId()) && has(endpoint, wanted)) {
          String name = instance.now().record().name();
          return Optional.of(
              networks
                  .byId(endpoint.networkId())
                  .map(network -> name + "." + network.name())
                  .orElse(name));
        }
      }
    }
    return Optional.empty();
  }

  private static boolean has(Endpoint endpoint, IpAddress address) {
    return endpoint.ipv4().filter(a -> a.address().equals(address)).isPresent()
        || endpoint.ipv6().filter(a -> a.address().equals(address)).isPresent();
  }

  @Override
  public boolean owns(InetAddress address) {
    IpAddress wanted = IpAddress.of(address);
    return own().stream()
        .flatMap(endpoint -> networks.byId(endpoint.networkId()).stream())
        .flatMap(network -> network.subnets().stream())
        .anyMatch(subnet -> subnet.subnet().contains(wanted));
  }

  @Override
  public boolean reachesOutside() {
    return own().stream()
        .flatMap(endpoint -> networks.byId(endpoint.networkId()).stream())
        .anyMatch(network -> !network.internal());
  }
}
