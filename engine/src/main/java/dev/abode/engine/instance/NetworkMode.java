package dev.abode.engine.instance;

import dev.abode.engine.network.EndpointSpec;
import java.util.List;

/** How an instance is connected when it is created. */
public sealed interface NetworkMode {
  /** Only the loopback interface of its own. */
  record None() implements NetworkMode {}

  /** The host's network itself. */
  record Host() implements NetworkMode {}

  /** The network of another, running instance. */
  record Instance(String nameOrId) implements NetworkMode {}

  /** Nothing was asked for: the default bridge network. */
  record Unspecified() implements NetworkMode {}

  /**
   * One or more bridge networks.
   *
   * @param endpoints one a network; the first one's gateway is the way to elsewhere
   */
  record Bridged(List<EndpointSpec> endpoints) implements NetworkMode {
    public Bridged {
      endpoints = List.copyOf(endpoints);
      if (endpoints.isEmpty()) {
        throw new IllegalArgumentException("no network to be connected to");
      }
    }

    /** One network, with every default. */
    public static Bridged in(String network) {
      return new Bridged(List.of(EndpointSpec.of(network)));
    }
  }
}
