package dev.abode.docker.container;

import dev.abode.docker.json.JsonDocument;
import dev.abode.engine.Engine;
import dev.abode.engine.instance.InstanceInfo;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.network.Connection;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.NetworkInfo;
import dev.abode.engine.network.Port;
import dev.abode.engine.network.PortBinding;
import dev.abode.engine.network.PublishedPort;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What clients are shown of an instance's networks and ports. */
final class NetworkSettings {
  private final Engine engine;

  NetworkSettings(Engine engine) {
    this.engine = engine;
  }

  /** {@code HostConfig.NetworkMode}. */
  static String mode(NetworkMode mode) {
    return switch (mode) {
      case NetworkMode.None _ -> "none";
      case NetworkMode.Host _ -> "host";
      case NetworkMode.Instance other -> "container:" + other.nameOrId();
      // Which network that is, is decided at the creation, as in Docker.
      case NetworkMode.Unspecified _ -> "bridge";
      case NetworkMode.Bridged bridged -> bridged.endpoints().getFirst().network();
    };
  }

  /** Whether it is in the network of that name or ID. */
  boolean isIn(InstanceInfo info, String network) throws IOException {
    boolean connected =
        info.connections().stream()
            .anyMatch(c -> c.networkName().equals(network) || c.networkId().startsWith(network));
    Optional<NetworkInfo> named = named(info.spec().network());
    return connected
        || named.filter(n -> n.name().equals(network) || n.id().startsWith(network)).isPresent();
  }

  /** {@code host} or {@code none}, if it is in one of these. */
  private Optional<NetworkInfo> named(NetworkMode mode) throws IOException {
    return switch (mode) {
      case NetworkMode.None _ -> engine.networks().find("none");
      case NetworkMode.Host _ -> engine.networks().find("host");
      case NetworkMode.Instance _, NetworkMode.Unspecified _, NetworkMode.Bridged _ ->
          Optional.empty();
    };
  }

  /** {@code NetworkSettings.Networks}. */
  Map<String, JsonDocument> networks(InstanceInfo info) throws IOException {
    Map<String, JsonDocument> networks = new LinkedHashMap<>();
    // One that began without a network may have been connected since.
    Optional<NetworkInfo> named =
        info.connections().isEmpty() ? named(info.spec().network()) : Optional.empty();
    named.ifPresent(
        network ->
            networks.put(
                network.name(),
                endpoint(EndpointSpec.of(network.name()), network.id(), Optional.empty())
                    .with("DNSNames", JsonDocument.NULL)));
    for (Connection connection : info.connections()) {
      networks.put(
          connection.networkName(),
          endpoint(connection.spec(), connection.networkId(), connection.endpoint())
              .with("DNSNames", names(info, connection)));
    }
    return networks;
  }

  private static List<String> names(InstanceInfo info, Connection connection) {
    List<String> names = new ArrayList<>();
    names.add(info.name());
    connection.spec().aliases().stream().filter(a -> !names.contains(a)).forEach(names::add);
    if (!names.contains(info.shortId())) {
      names.add(info.shortId());
    }
    return names;
  }

  private static JsonDocument endpoint(
      EndpointSpec spec, String networkId, Optional<Endpoint> endpoint) {
    return new JsonDocument()
        .with("IPAMConfig", addressesAsked(spec))
        .with("Links", JsonDocument.NULL)
        .withOrNull("Aliases", spec.aliases())
        .with(
            "MacAddress",
            endpoint.map(Endpoint::mac).or(spec::mac).map(Object::toString).orElse(""))
        .with(
            "DriverOpts", spec.driverOptions().isEmpty() ? JsonDocument.NULL : spec.driverOptions())
        .with("GwPriority", 0)
        .with("NetworkID", networkId)
        .with("EndpointID", endpoint.map(Endpoint::id).orElse(""))
        .with("Gateway", gateway(endpoint.flatMap(Endpoint::ipv4)))
        .with("IPAddress", address(endpoint.flatMap(Endpoint::ipv4)))
        .with("IPPrefixLen", prefix(endpoint.flatMap(Endpoint::ipv4)))
        .with("IPv6Gateway", gateway(endpoint.flatMap(Endpoint::ipv6)))
        .with("GlobalIPv6Address", address(endpoint.flatMap(Endpoint::ipv6)))
        .with("GlobalIPv6PrefixLen", prefix(endpoint.flatMap(Endpoint::ipv6)));
  }

  private static Object addressesAsked(EndpointSpec spec) {
    if (spec.ipv4().isEmpty() && spec.ipv6().isEmpty()) {
      return JsonDocument.NULL;
    }
    return new JsonDocument()
        .withIfPresent("IPv4Address", spec.ipv4().map(IpAddress::toString))
        .withIfPresent("IPv6Address", spec.ipv6().map(IpAddress::toString));
  }

  private static String gateway(Optional<Endpoint.InterfaceAddress> address) {
    return address.flatMap(Endpoint.InterfaceAddress::gateway).map(IpAddress::toString).orElse("");
  }

  private static String address(Optional<Endpoint.InterfaceAddress> address) {
    return address.map(a -> a.address().toString()).orElse("");
  }

  private static int prefix(Optional<Endpoint.InterfaceAddress> address) {
    return address.map(Endpoint.InterfaceAddress::prefix).orElse(0);
  }

  /** {@code NetworkSettings} of inspect. */
  JsonDocument inspect(InstanceInfo info, List<String> exposed) throws IOException {
    // As in Docker, the members outside of Networks tell of the default bridge only.
    Optional<Endpoint> onDefault =
        info.connections().stream()
            .filter(connection -> connection.networkName().equals("bridge"))
            .findFirst()
            .flatMap(Connection::endpoint);
    return new JsonDocument()
        .with("Bridge", "")
        .with("SandboxID", info.state().pid() > 0 ? info.id() : "")
        .with("SandboxKey", info.state().pid() > 0 ? "/proc/" + info.state().pid() + "/ns/net" : "")
        .with("Ports", info.state().pid() > 0 ? ports(info, exposed) : Map.of())
        .with("HairpinMode", false)
        .with("LinkLocalIPv6Address", "")
        .with("LinkLocalIPv6PrefixLen", 0)
        .with("SecondaryIPAddresses", JsonDocument.NULL)
        .with("SecondaryIPv6Addresses", JsonDocument.NULL)
        .with("EndpointID", onDefault.map(Endpoint::id).orElse(""))
        .with("Gateway", gateway(onDefault.flatMap(Endpoint::ipv4)))
        .with("GlobalIPv6Address", address(onDefault.flatMap(Endpoint::ipv6)))
        .with("GlobalIPv6PrefixLen", prefix(onDefault.flatMap(Endpoint::ipv6)))
        .with("IPAddress", address(onDefault.flatMap(Endpoint::ipv4)))
        .with("IPPrefixLen", prefix(onDefault.flatMap(Endpoint::ipv4)))
        .with("IPv6Gateway", gateway(onDefault.flatMap(Endpoint::ipv6)))
        .with("MacAddress", onDefault.map(e -> e.mac().toString()).orElse(""))
        .with("Networks", networks(info));
  }

  /** Exposed ports, with where they are published, or null. */
  private static Map<String, Object> ports(InstanceInfo info, List<String> exposed) {
    Map<Port, List<JsonDocument>> published = new TreeMap<>();
    for (PublishedPort port : info.ports()) {
      published
          .computeIfAbsent(port.port(), p -> new ArrayList<>())
          .add(
              new JsonDocument()
                  .with("HostIp", port.hostAddress().toString())
                  .with("HostPort", Integer.toString(port.hostPort())));
    }
    Map<String, Object> ports = new LinkedHashMap<>();
    for (Port port : exposedBy(exposed)) {
      ports.put(port.toString(), JsonDocument.NULL);
    }
    published.forEach((port, bindings) -> ports.put(port.toString(), bindings));
    return ports;
  }

  private static Set<Port> exposedBy(List<String> exposed) {
    TreeSet<Port> ports = new TreeSet<>();
    exposed.forEach(port -> ports.add(Port.parse(port)));
    return ports;
  }

  /** {@code Ports} in the list of instances. */
  static List<JsonDocument> summary(InstanceInfo info, List<String> exposed) {
    List<JsonDocument> ports = new ArrayList<>();
    if (info.state().pid() == 0) {
      return ports;
    }
    Set<Port> others = exposedBy(exposed);
    for (PublishedPort published : info.ports()) {
      others.remove(published.port());
      ports.add(
          new JsonDocument()
              .with("IP", published.hostAddress().toString())
              .with("PrivatePort", published.port().number())
              .with("PublicPort", published.hostPort())
              .with("Type", published.port().protocol().word()));
    }
    for (Port port : others) {
      ports.add(
          new JsonDocument()
              .with("PrivatePort", port.number())
              .with("Type", port.protocol().word()));
    }
    return ports;
  }

  /** {@code HostConfig.PortBindings}. */
  static Map<String, Object> bindings(List<PortBinding> asked) {
    Map<String, List<JsonDocument>> bindings = new LinkedHashMap<>();
    for (PortBinding binding : asked) {
      bindings
          .computeIfAbsent(binding.port().toString(), port -> new ArrayList<>())
          .add(
              new JsonDocument()
                  .with("HostIp", binding.hostAddress().map(IpAddress::toString).orElse(""))
                  .with("HostPort", hostPorts(binding)));
    }
    return new LinkedHashMap<>(bindings);
  }

  private static String hostPorts(PortBinding binding) {
    if (binding.firstHostPort() == 0) {
      return "";
    }
    return binding.firstHostPort() == binding.lastHostPort()
        ? Integer.toString(binding.firstHostPort())
        : binding.firstHostPort() + "-" + binding.lastHostPort();
  }
}
