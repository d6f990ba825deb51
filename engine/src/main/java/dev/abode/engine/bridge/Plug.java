package dev.abode.engine.bridge;

import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.Endpoint.InterfaceAddress;
import dev.abode.engine.network.IpAddress;
import dev.abode.linux.Links;
import dev.abode.linux.NetworkNamespace;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Makes the interfaces of an instance: one end at a bridge, one in its network namespace. */
final class Plug {
  private static final int LOOPBACK = 1;

  private final Links host;

  Plug(Links host) {
    this.host = host;
  }

  /** Makes the two ends of an endpoint's interface; the inner one is down yet. */
  void insert(Endpoint endpoint, Bridges.Socket socket, int pid) throws IOException {
    host.createPort(
        endpoint.hostInterface(),
        socket.bridge(),
        socket.mtu(),
        socket.isolated(),
        endpoint.interfaceName(),
        endpoint.mac().bytes(),
        pid);
  }

  /**
   * Sets the inner ends up.
   *
   * @param all of the instance, in their order: the first with a gateway is the way to elsewhere
   * @param made those whose ends have just been made
   */
  static void configure(int pid, List<Endpoint> all, List<Endpoint> made) throws IOException {
    try (NetworkNamespace namespace = NetworkNamespace.ofProcess(pid);
        Links inside = namespace.call(Links::open)) {
      Links.Setup setup = inside.setup().up(LOOPBACK, true);
      for (Endpoint endpoint : made) {
        int link =
            inside
                .find(endpoint.interfaceName())
                .orElseThrow(() -> new IOException(endpoint.interfaceName() + " vanished"))
                .index();
        setup.up(link, endpoint.ipv6().isPresent());
        endpoint.ipv4().ifPresent(a -> setup.address(link, a.address().bytes(), a.prefix()));
        endpoint.ipv6().ifPresent(a -> setup.address(link, a.address().bytes(), a.prefix()));
        for (IpAddress.Family family : IpAddress.Family.values()) {
          if (leader(all, family).equals(Optional.of(endpoint))) {
            setup.defaultRoute(link, gateway(endpoint, family).orElseThrow().bytes());
          }
        }
      }
      setup.apply("the interfaces of process " + pid);
    }
  }

  /** Makes a remaining endpoint the way to elsewhere, after another has gone. */
  static void lead(int pid, List<Endpoint> left) throws IOException {
    try (NetworkNamespace namespace = NetworkNamespace.ofProcess(pid);
        Links inside = namespace.call(Links::open)) {
      for (IpAddress.Family family : IpAddress.Family.values()) {
        Optional<Endpoint> leader = leader(left, family);
        boolean routed =
            inside.routes().stream()
                .anyMatch(r -> r.prefix() == 0 && IpAddress.of(r.destination()).family() == family);
        if (leader.isPresent() && !routed) {
          int link = inside.find(leader.get().interfaceName()).orElseThrow().index();
          byte[] gateway = gateway(leader.get(), family).orElseThrow().bytes();
          inside.setup().defaultRoute(link, gateway).apply("the routes of process " + pid);
        }
      }
    }
  }

  private static Optional<Endpoint> leader(List<Endpoint> all, IpAddress.Family family) {
    return all.stream().filter(e -> gateway(e, family).isPresent()).findFirst();
  }

  private static Optional<IpAddress> gateway(Endpoint endpoint, IpAddress.Family family) {
    return (switch (family) {
          case IPV4 -> endpoint.ipv4();
          case IPV6 -> endpoint.ipv6();
        })
        .flatMap(InterfaceAddress::gateway);
  }
}
