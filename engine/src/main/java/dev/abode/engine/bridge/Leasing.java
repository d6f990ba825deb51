package dev.abode.engine.bridge;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.PortBinding;
import dev.abode.engine.network.PublishedPort;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a start is given before anything of it is made: addresses and host ports. */
final class Leasing {
  private final Ground ground;

  Leasing(Ground ground) {
    this.ground = ground;
  }

  /**
   * Gives an instance its addresses and host ports, and writes down which. With the lock held.
   *
   * @param interfaces what the interfaces are called already; empty for those of a start anew
   * @throws EngineException NOT_FOUND for a network that is gone, CONFLICT for an address or a port
   *     in use, EXHAUSTED
   */
  NetworkRun lease(
      String instanceId,
      List<EndpointSpec> specs,
      List<String> interfaces,
      List<PortBinding> bindings,
      Path file)
      throws IOException {
    List<Endpoint> endpoints = new ArrayList<>();
    try {
      boolean named = interfaces.size() == specs.size();
      for (EndpointSpec spec : specs) {
        Optional<String> name =
            named ? Optional.of(interfaces.get(endpoints.size())) : Optional.empty();
        endpoints.add(endpoint(instanceId, spec, name, endpoints));
      }
      List<PublishedPort> published =
          ground.ports.take(instanceId, bindings, families(endpoints), unsaid(endpoints));
      NetworkRun run = new NetworkRun(NetworkRun.FORMAT, endpoints, endpoints, published);
      run.write(file);
      ground.runs.put(instanceId, run);
      return run;
    } catch (IOException | RuntimeException e) {
      ground.runs.remove(instanceId);
      ground.ports.release(instanceId);
      endpoints.forEach(ground.leases::release);
      throw e;
    }
  }

  /**
   * An endpoint beside others that the instance has, in a network that is in the kernel from here
   * on. With the lock held.
   *
   * @param interfaceName if it has one already
   */
  Endpoint endpoint(
      String instanceId, EndpointSpec spec, Optional<String> interfaceName, List<Endpoint> before)
      throws IOException {
    NetworkRecord network = ground.raise(ground.book.require(spec.network()));
    String name = interfaceName.orElseGet(() -> freeName(network, before));
    return ground.leases.lease(network, instanceId, spec, name);
  }

  private static String freeName(NetworkRecord network, List<Endpoint> before) {
    String prefix = new NetworkOptions(network.options()).interfacePrefix();
    Set<String> taken = new HashSet<>();
    before.forEach(endpoint -> taken.add(endpoint.interfaceName()));
    int number = 0;
    while (taken.contains(prefix + number)) {
      number++;
    }
    return prefix + number;
  }

  private static List<IpAddress.Family> families(List<Endpoint> endpoints) {
    List<IpAddress.Family> families = new ArrayList<>();
    if (endpoints.stream().anyMatch(e -> e.ipv4().flatMap(a -> a.gateway()).isPresent())) {
      families.add(IpAddress.Family.IPV4);
    }
    if (endpoints.stream().anyMatch(e -> e.ipv6().flatMap(a -> a.gateway()).isPresent())) {
      families.add(IpAddress.Family.IPV6);
    }
    return families;
  }

  /** Where ports are published for which no address is said. */
  private List<IpAddress> unsaid(List<Endpoint> endpoints) {
    Optional<IpAddress> ipv4 =
        endpoints.stream()
            .findFirst()
            .flatMap(e -> ground.book.byId(e.networkId()))
            .flatMap(network -> new NetworkOptions(network.options()).hostBinding());
    return List.of(ipv4.orElse(IpAddress.Family.IPV4.any()), IpAddress.Family.IPV6.any());
  }
}
