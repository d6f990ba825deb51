package dev.abode.engine.network;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A network at one moment; what {@code inspect} shows.
 *
 * @param id 64 hex digits
 * @param kind of which {@code HOST} and {@code NONE} are one each, and only named here
 * @param subnets at most one a family, each with a gateway
 * @param addressOptions of the giving of addresses, as asked for
 * @param bridge the name of its interface on the host, which exists while instances use it
 * @param endpoints of the instances that run in it
 */
public record NetworkInfo(
    String id,
    String name,
    Instant created,
    Kind kind,
    List<SubnetSpec> subnets,
    boolean ipv4,
    boolean ipv6,
    boolean internal,
    boolean attachable,
    Map<String, String> addressOptions,
    Map<String, String> options,
    Map<String, String> labels,
    String bridge,
    List<Endpoint> endpoints) {

  /** How instances are connected. */
  public enum Kind {
    BRIDGE,
    /** The host's own network. */
    HOST,
    /** No network. */
    NONE;

    /** Docker's word for it: {@code bridge}, {@code host}, {@code null}. */
    public String driver() {
      return switch (this) {
        case BRIDGE -> "bridge";
        case HOST -> "host";
        case NONE -> "null";
      };
    }
  }

  public NetworkInfo {
    subnets = List.copyOf(subnets);
    addressOptions = Map.copyOf(addressOptions);
    options = Map.copyOf(options);
    labels = Map.copyOf(labels);
    endpoints = List.copyOf(endpoints);
  }

  /** Whether it is the one that instances are in which ask for none. */
  public boolean isDefault() {
    return NetworkOption.DEFAULT_BRIDGE.in(options).filter("true"::equals).isPresent();
  }

  /** Whether it always is there, and cannot be removed. */
  public boolean isBuiltIn() {
    return kind != Kind.BRIDGE || isDefault();
  }

  /** The host's address in it. */
  public Optional<IpAddress> gateway(IpAddress.Family family) {
    return subnets.stream()
        .filter(subnet -> subnet.subnet().family() == family)
        .findFirst()
        .flatMap(SubnetSpec::gateway);
  }
}
