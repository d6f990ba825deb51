package dev.abode.docker.network;

import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.instance.InstanceInfo;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.NetworkInfo;
import dev.abode.engine.network.SubnetSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What clients are shown of a network. */
final class NetworkDocuments {
  private NetworkDocuments() {}

  /** An element of the list. */
  static JsonDocument summary(NetworkInfo network) {
    return document(network, Map.of());
  }

  /** The whole, with the instances that run in it. */
  static JsonDocument inspect(NetworkInfo network, Engine engine) {
    List<InstanceInfo> instances = engine.instances().stream().map(Instance::info).toList();
    Map<String, String> names =
        instances.stream().collect(Collectors.toMap(InstanceInfo::id, InstanceInfo::name));
    Map<String, JsonDocument> containers = new LinkedHashMap<>();
    for (InstanceInfo info : instances) {
      if (info.state().running() && isOutside(info, network.kind())) {
        containers.put(info.id(), member(info.name(), "", "", "", ""));
      }
    }
    for (Endpoint endpoint : network.endpoints()) {
      containers.put(
          endpoint.instanceId(),
          member(
              names.getOrDefault(endpoint.instanceId(), ""),
              endpoint.id(),
              endpoint.mac().toString(),
              endpoint.ipv4().map(Object::toString).orElse(""),
              endpoint.ipv6().map(Object::toString).orElse("")));
    }
    return document(network, containers);
  }

  /** Whether it is in a network of that kind, of which nobody keeps a book. */
  private static boolean isOutside(InstanceInfo info, NetworkInfo.Kind kind) {
    return switch (kind) {
      case BRIDGE -> false;
      case HOST -> info.spec().network() instanceof NetworkMode.Host;
      case NONE ->
          info.spec().network() instanceof NetworkMode.None && info.connections().isEmpty();
    };
  }

  private static JsonDocument member(
      String name, String endpoint, String mac, String ipv4, String ipv6) {
    return new JsonDocument()
        .with("Name", name)
        .with("EndpointID", endpoint)
        .with("MacAddress", mac)
        .with("IPv4Address", ipv4)
        .with("IPv6Address", ipv6);
  }

  private static JsonDocument document(NetworkInfo network, Map<String, JsonDocument> containers) {
    return new JsonDocument()
        .with("Name", network.name())
        .with("Id", network.id())
        .with("Created", GoTime.text(network.created()))
        .with("Scope", "local")
        .with("Driver", network.kind().driver())
        .with("EnableIPv4", network.ipv4())
        .with("EnableIPv6", network.ipv6())
        .with(
            "IPAM",
            new JsonDocument()
                .with("Driver", "default")
                .with("Options", network.isBuiltIn() ? JsonDocument.NULL : network.addressOptions())
                .with("Config", network.subnets().stream().map(NetworkDocuments::subnet).toList()))
        .with("Internal", network.internal())
        .with("Attachable", network.attachable())
        .with("Ingress", false)
        .with("ConfigFrom", new JsonDocument().with("Network", ""))
        .with("ConfigOnly", false)
        .with("Containers", containers)
        .with("Options", network.options())
        .with("Labels", network.labels());
  }

  private static JsonDocument subnet(SubnetSpec subnet) {
    Map<String, String> reserved = new LinkedHashMap<>();
    subnet.reserved().forEach((name, address) -> reserved.put(name, address.toString()));
    return new JsonDocument()
        .with("Subnet", subnet.subnet().toString())
        .withIfPresent("IPRange", subnet.range().map(Object::toString))
        .withIfPresent("Gateway", subnet.gateway().map(Object::toString))
        .withIfAny("AuxiliaryAddresses", reserved);
  }
}
