package dev.abode.engine.network;

import java.util.Optional;

/**
 * A port that is to be published.
 *
 * @param port of the instance
 * @param hostAddress where on the host; empty: on all its addresses, or on those that the network's
 *     option {@code com.docker.network.bridge.host_binding_ipv4} says
 * @param firstHostPort the lowest that will do; 0 for any that is free
 * @param lastHostPort the highest that will do; 0 for any that is free
 */
public record PortBinding(
    Port port, Optional<IpAddress> hostAddress, int firstHostPort, int lastHostPort) {
  public PortBinding {
    if (firstHostPort < 0 || lastHostPort > 65_535 || firstHostPort > lastHostPort) {
      throw new IllegalArgumentException(
          "invalid range of host ports: " + firstHostPort + "-" + lastHostPort);
    }
    if (firstHostPort == 0 && lastHostPort != 0) {
      throw new IllegalArgumentException("invalid range of host ports: 0-" + lastHostPort);
    }
  }

  /** One port on all addresses of the host. */
  public static PortBinding of(Port port, int hostPort) {
    return new PortBinding(port, Optional.empty(), hostPort, hostPort);
  }

  /** Whichever port is free, on all addresses of the host. */
  public static PortBinding anywhere(Port port) {
    return of(port, 0);
  }
}
