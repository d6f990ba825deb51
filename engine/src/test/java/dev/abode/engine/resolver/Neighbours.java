package dev.abode.engine.resolver;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A zone that tests fill by hand; it owns 10.77.0.0/16. */
final class Neighbours implements Zone {
  private final Map<String, List<InetAddress>> addresses = new ConcurrentHashMap<>();
  private volatile boolean internal;

  Neighbours with(String name, String... literals) {
    List<InetAddress> list = new ArrayList<>();
    for (String literal : literals) {
      list.add(InetAddress.ofLiteral(literal));
    }
    addresses.put(name, List.copyOf(list));
    return this;
  }

  Neighbours internal() {
    internal = true;
    return this;
  }

  @Override
  public Optional<List<InetAddress>> addresses(String name) {
    return Optional.ofNullable(addresses.get(name));
  }

  @Override
  public Optional<String> name(InetAddress address) {
    return addresses.entrySet().stream()
        .filter(entry -> entry.getValue().contains(address))
        .map(entry -> entry.getKey() + ".home")
        .findFirst();
  }

  @Override
  public boolean owns(InetAddress address) {
    return address.getHostAddress().startsWith("10.77.");
  }

  @Override
  public boolean reachesOutside() {
    return !internal;
  }
}
