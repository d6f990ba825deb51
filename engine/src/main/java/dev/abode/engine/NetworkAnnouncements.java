package dev.abode.engine;

import dev.abode.engine.bridge.NetworkRun;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.NetworkInfo;
import java.util.HashMap;
import java.util.Map;

/** The events of networks, with what Docker says of the actor in each. */
final class NetworkAnnouncements {
  private NetworkAnnouncements() {}

  static void publish(Site site, NetworkInfo network, String action, Map<String, String> more) {
    Map<String, String> attributes = new HashMap<>(more);
    attributes.put("name", network.name());
    attributes.put("type", network.kind().driver());
    site.events().publish("network", action, network.id(), attributes);
  }

  /**
   * Makes known that a run begins or ends to be in its networks.
   *
   * @param run what it has, or has had
   */
  static void publish(LiveInstance instance, String action, NetworkRun run) {
    Map<String, String> container = Map.of("container", instance.id());
    for (Endpoint endpoint : run.endpoints()) {
      instance
          .site
          .networks()
          .byId(endpoint.networkId())
          .ifPresent(network -> publish(instance.site, network, action, container));
    }
    if (run.endpoints().isEmpty()) {
      switch (instance.now().record().spec().network()) {
        case NetworkMode.Host host -> publish(instance.site, Networks.HOST, action, container);
        case NetworkMode.None none -> publish(instance.site, Networks.NONE, action, container);
        case NetworkMode.Instance other -> {}
        case NetworkMode.Unspecified unspecified -> {}
        case NetworkMode.Bridged bridged -> {}
      }
    }
  }
}
