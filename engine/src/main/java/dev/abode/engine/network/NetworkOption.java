package dev.abode.engine.network;

import java.util.Map;
import java.util.Optional;

/** The options of a bridge network, under Docker's names. */
public enum NetworkOption {
  /** The largest packet, in bytes; that of the uplink unless said. */
  MTU("com.docker.network.driver.mtu"),
  /** The name of the bridge's interface on the host. */
  BRIDGE_NAME("com.docker.network.bridge.name"),
  /** Whether instances reach each other inside the network. */
  INTER_CONTAINER("com.docker.network.bridge.enable_icc"),
  /** Whether packets that leave get the host's address. */
  MASQUERADE("com.docker.network.bridge.enable_ip_masquerade"),
  /** Where on the host ports are published for which no address is said. */
  HOST_BINDING("com.docker.network.bridge.host_binding_ipv4"),
  /** The beginning of the interfaces' names inside instances, {@code eth} unless said. */
  INTERFACE_PREFIX("com.docker.network.container_iface_prefix"),
  /** Marks the network of instances that ask for none; said by the engine. */
  DEFAULT_BRIDGE("com.docker.network.bridge.default_bridge");

  private final String key;

  NetworkOption(String key) {
    this.key = key;
  }

  public String key() {
    return key;
  }

  /** What {@code options} say of it. */
  public Optional<String> in(Map<String, String> options) {
    return Optional.ofNullable(options.get(key)).filter(value -> !value.isEmpty());
  }
}
