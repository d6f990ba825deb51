package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.json.JsonObject;
import dev.abode.docker.network.NetworkSpecReader;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.MacAddress;
import dev.abode.engine.network.Port;
import dev.abode.engine.network.PortBinding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the body of a creation says of networks and ports. */
final class NetworkReader {
  private static final String DEFAULT = "bridge";
  private static final Set<String> DEFAULT_NAMES = Set.of("", "default", DEFAULT);

  private final JsonObject config;
  private final JsonObject host;
  private final String mode;
  private final Map<String, EndpointSpec> endpoints = new LinkedHashMap<>();

  private NetworkReader(JsonObject config, JsonObject host) {
    this.config = config;
    this.host = host;
    this.mode = config.flag("NetworkDisabled") ? "none" : host.textOrEmpty("NetworkMode");
    JsonObject asked = config.objectOrEmpty("NetworkingConfig").objectOrEmpty("EndpointsConfig");
    for (String name : asked.names()) {
      String network = DEFAULT_NAMES.contains(name) ? DEFAULT : name;
      endpoints.put(network, NetworkSpecReader.endpoint(network, asked.objectOrEmpty(name)));
    }
  }

  /** How the instance is connected. */
  static NetworkMode mode(JsonObject config, JsonObject host) {
    return new NetworkReader(config, host).mode();
  }

  private NetworkMode mode() {
    if (mode.startsWith("container:")) {
      requireNoEndpoints(mode);
      refuseWhatTheOtherHas();
      return new NetworkMode.Instance(mode.substring("container:".length()));
    }
    return switch (mode) {
      case "none" -> {
        requireNoEndpoints(mode);
        yield new NetworkMode.None();
      }
      case "host" -> {
        requireNoEndpoints(mode);
        refuseOwnMac();
        yield new NetworkMode.Host();
      }
      default -> bridged();
    };
  }

  /** The docker CLI names the mode itself among the networks, which says nothing. */
  private void requireNoEndpoints(String mode) {
    for (String network : endpoints.keySet()) {
      if (!network.equals(mode) && !network.equals(DEFAULT)) {
        throw ApiException.invalid(
            "conflicting network modes: " + mode + " cannot be combined with network " + network);
      }
    }
    for (EndpointSpec endpoint : endpoints.values()) {
      if (endpoint.ipv4().isPresent() || endpoint.ipv6().isPresent()) {
        throw ApiException.invalid(
            "invalid config for network "
                + mode
                + ": user specified IP address is supported on user defined networks only");
      }
    }
  }

  /** Docker's words for what belongs to the network that is borrowed. */
  private void refuseWhatTheOtherHas() {
    refuse(!config.textOrEmpty("Hostname").isEmpty(), "hostname and the network mode");
    refuse(host.says("Dns"), "dns and the network mode");
    refuse(host.says("ExtraHosts"), "custom host-to-IP mapping and the network mode");
    refuseOwnMac();
    refuse(
        !ports(host).isEmpty() || host.flag("PublishAllPorts"),
        "port publishing and the container type network mode");
    refuse(
        !config.objectOrEmpty("ExposedPorts").names().isEmpty(),
        "port exposing and the container type network mode");
  }

  private void refuseOwnMac() {
    refuse(
        config.says("MacAddress")
            || endpoints.values().stream().anyMatch(endpoint -> endpoint.mac().isPresent()),
        "mac-address and the network mode");
  }

  private void refuse(boolean asked, String options) {
    if (asked) {
      throw ApiException.invalid(
          "conflicting options: "
              + options
              + "; that is decided where the network is, not with "
              + mode);
    }
  }

  private NetworkMode bridged() {
    String name = DEFAULT_NAMES.contains(mode) ? DEFAULT : mode;
    EndpointSpec first = withOldMac(endpoints.getOrDefault(name, EndpointSpec.of(name)));
    List<EndpointSpec> all = new ArrayList<>();
    all.add(first);
    endpoints.forEach(
        (network, endpoint) -> {
          if (!network.equals(name)) {
            all.add(endpoint);
          }
        });
    boolean plain = all.size() == 1 && first.equals(EndpointSpec.of(DEFAULT));
    return plain && !mode.equals(DEFAULT)
        ? new NetworkMode.Unspecified()
        : new NetworkMode.Bridged(all);
  }

  /** Where the address was before API 1.44. */
  private EndpointSpec withOldMac(EndpointSpec endpoint) {
    Optional<MacAddress> mac = config.nonEmptyText("MacAddress").map(MacAddress::parse);
    if (mac.isEmpty() || endpoint.mac().isPresent()) {
      return endpoint;
    }
    return new EndpointSpec(
        endpoint.network(),
        endpoint.ipv4(),
        endpoint.ipv6(),
        mac,
        endpoint.aliases(),
        endpoint.driverOptions());
  }

  /** {@code HostConfig.PortBindings}. */
  static List<PortBinding> ports(JsonObject host) {
    JsonObject asked = host.objectOrEmpty("PortBindings");
    List<PortBinding> bindings = new ArrayList<>();
    for (String port : asked.names()) {
      for (JsonObject binding : asked.objects(port)) {
        bindings.add(
            binding(
                Port.parse(port),
                binding.nonEmptyText("HostIp").map(IpAddress::parse),
                binding.textOrEmpty("HostPort")));
      }
    }
    return bindings;
  }

  private static PortBinding binding(Port port, Optional<IpAddress> address, String hostPorts) {
    int dash = hostPorts.indexOf('-');
    try {
      int first = number(dash < 0 ? hostPorts : hostPorts.substring(0, dash));
      int last = dash < 0 ? first : number(hostPorts.substring(dash + 1));
      return new PortBinding(port, address, first, last);
    } catch (IllegalArgumentException e) {
      throw ApiException.invalid("invalid port specification: \"" + hostPorts + '"');
    }
  }

  private static int number(String text) {
    return text.isEmpty() ? 0 : Integer.parseInt(text);
  }
}
