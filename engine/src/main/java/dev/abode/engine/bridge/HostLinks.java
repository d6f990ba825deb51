package dev.abode.engine.bridge;

import dev.abode.engine.bridge.SubnetChoice.Taken;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.Subnet;
import dev.abode.linux.Links;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the host's own interfaces and routes use. */
record HostLinks(Links links) implements NetworkBook.HostSubnets {
  private static final int DEFAULT_MTU = 1500;

  @Override
  public List<Taken> read(Set<String> bridges) throws IOException {
    Map<Integer, String> names = new HashMap<>();
    links.list().forEach(link -> names.put(link.index(), link.name()));
    List<Taken> taken = new ArrayList<>();
    for (Links.Route route : links.routes()) {
      String name = names.getOrDefault(route.link(), "");
      // The way to everywhere else is in nobody's way, and every link has fe80::/64.
      if (route.prefix() > 0 && !isLinkLocal(route.destination()) && !bridges.contains(name)) {
        taken.add(
            new Taken(
                new Subnet(IpAddress.of(route.destination()), route.prefix()),
                "the host's route by " + name));
      }
    }
    for (Links.Address address : links.addresses()) {
      String name = names.getOrDefault(address.link(), "");
      if (!isLinkLocal(address.address()) && !bridges.contains(name)) {
        taken.add(
            new Taken(
                new Subnet(IpAddress.of(address.address()), address.prefix()),
                "the host's interface " + name));
      }
    }
    return taken;
  }

  private static boolean isLinkLocal(InetAddress address) {
    return address.isLinkLocalAddress();
  }

  /** The largest packet that the way to elsewhere carries, in bytes. */
  int uplinkMtu() throws IOException {
    for (Links.Route route : links.routes()) {
      if (route.prefix() == 0 && route.link() != 0) {
        for (Links.Link link : links.list()) {
          if (link.index() == route.link()) {
            return link.mtu();
          }
        }
      }
    }
    return DEFAULT_MTU;
  }
}
