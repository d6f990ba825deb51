package dev.abode.docker.network;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.json.JsonObject;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.MacAddress;
import dev.abode.engine.network.NetworkSpec;
import dev.abode.engine.network.Subnet;
import dev.abode.engine.network.SubnetSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads what clients ask of networks: a new one, or a place in one. */
public final class NetworkSpecReader {
  private NetworkSpecReader() {}

  /** The body of {@code POST /networks/create}. */
  static NetworkSpec network(JsonObject body) {
    String name =
        body.nonEmptyText("Name")
            .orElseThrow(() -> ApiException.invalid("network name must not be empty"));
    refuse(body, "ConfigOnly", "networks that are only a configuration");
    refuse(body, "ConfigFrom", "taking the configuration of another network");
    refuse(body, "Ingress", "routing-mesh networks");
    if (body.textOrEmpty("Scope").equals("swarm")) {
      throw ApiException.unsupported("networks of a swarm are not supported");
    }
    JsonObject addresses = body.objectOrEmpty("IPAM");
    String driver = addresses.textOrEmpty("Driver");
    if (!driver.isEmpty() && !driver.equals("default")) {
      throw ApiException.unsupported("the IPAM driver \"" + driver + "\" is not supported");
    }
    List<SubnetSpec> subnets = new ArrayList<>();
    for (JsonObject config : addresses.objects("Config")) {
      subnet(config).ifPresent(subnets::add);
    }
    boolean ipv6 =
        body.flag("EnableIPv6")
            || (body.optionalFlag("EnableIPv6").isEmpty()
                && subnets.stream().anyMatch(s -> s.subnet().family() == IpAddress.Family.IPV6));
    return new NetworkSpec(
        name,
        body.nonEmptyText("Driver").orElse("bridge"),
        subnets,
        body.optionalFlag("EnableIPv4").orElse(true),
        ipv6,
        body.flag("Internal"),
        body.flag("Attachable"),
        addresses.textMap("Options"),
        body.textMap("Options"),
        body.textMap("Labels"));
  }

  private static void refuse(JsonObject body, String member, String what) {
    if (body.says(member)) {
      throw ApiException.unsupported(what + " are not supported (" + member + ")");
    }
  }

  private static Optional<SubnetSpec> subnet(JsonObject config) {
    Optional<String> subnet = config.nonEmptyText("Subnet");
    if (subnet.isEmpty()) {
      if (config.says("IPRange") || config.says("Gateway") || config.says("AuxiliaryAddresses")) {
        throw ApiException.invalid(
            "invalid IPAM configuration: a range, a gateway or auxiliary addresses need a subnet");
      }
      return Optional.empty();
    }
    Map<String, IpAddress> reserved = new LinkedHashMap<>();
    config
        .textMap("AuxiliaryAddresses")
        .forEach((name, address) -> reserved.put(name, IpAddress.parse(address)));
    return Optional.of(
        new SubnetSpec(
            whole("subnet", subnet.get()),
            config.nonEmptyText("Gateway").map(IpAddress::parse),
            config.nonEmptyText("IPRange").map(range -> whole("ip-range", range)),
            reserved));
  }

  /** A subnet that is written with its first address, so that nobody means another one by it. */
  private static Subnet whole(String what, String text) {
    Subnet subnet = Subnet.parse(text);
    IpAddress written = IpAddress.parse(text.substring(0, text.indexOf('/')));
    if (!written.equals(subnet.address())) {
      throw ApiException.invalid(
          "invalid network config: invalid " + what + " " + text + ": it should be " + subnet);
    }
    return subnet;
  }

  /**
   * Docker's {@code EndpointSettings}: a place in a network.
   *
   * @param network the name or ID it is asked under
   */
  public static EndpointSpec endpoint(String network, JsonObject settings) {
    if (settings.says("Links")) {
      throw ApiException.unsupported(
          "links are not supported; instances on one network know each other by name already, and"
              + " --network-alias gives them further names");
    }
    if (settings.says("GwPriority")) {
      throw ApiException.unsupported(
          "gateway priorities (--gw-priority) are not supported; the first network leads to the"
              + " outside, so name it first");
    }
    JsonObject addresses = settings.objectOrEmpty("IPAMConfig");
    if (addresses.says("LinkLocalIPs")) {
      throw ApiException.unsupported(
          "link-local addresses (--link-local-ip) are not supported; use --ip or --ip6");
    }
    return new EndpointSpec(
        network,
        addresses.nonEmptyText("IPv4Address").map(IpAddress::parse),
        addresses.nonEmptyText("IPv6Address").map(IpAddress::parse),
        settings.nonEmptyText("MacAddress").map(MacAddress::parse),
        settings.texts("Aliases"),
        settings.textMap("DriverOpts"));
  }
}
