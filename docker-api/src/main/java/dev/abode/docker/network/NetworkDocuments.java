package dev.abode.docker.network;

import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.NetworkInfo;
import dev.abode.engine.network.SubnetSpec;
import java.util.LinkedHashMap;
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
    Map<String, String> names =
        engine.instances().stream()
            .map(Instance::info)
            .collect(Collectors.toMap(info -> info.id(), info -> info.name()));
    Map<String, JsonDocument> containers = new LinkedHashMap<>();
    for (Endpoint endpoint : network.endpoints()) {
      containers.put(
          endpoint.instanceId(),
          new JsonDocument()
              .with("Name", names.getOrDefault(endpoint.instanceId(), ""))
              .with("EndpointID", endpoint.id())
              .with("MacAddress", endpoint.mac().toString())
              .with("IPv4Address", endpoint.ipv4().map(Object::toString).orElse(""))
              .with("IPv6Address", endpoint.ipv6().map(Object::toString).orElse("")));
    }
    return document(network, containers);
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
