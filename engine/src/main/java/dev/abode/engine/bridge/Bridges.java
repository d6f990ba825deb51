package dev.abode.engine.bridge;

import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.MacAddress;
import dev.abode.engine.network.SubnetSpec;
import dev.abode.linux.Errno;
import dev.abode.linux.KernelException;
import dev.abode.linux.Links;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The bridges of networks that are in use. A bridge holds 1,023 ports, so a network that outgrows
 * its first one is given further <em>segments</em>: bridges without an address, each connected to
 * the first by a pair of ports. Not safe for several threads.
 */
final class Bridges {
  /** Leaves room for ports that the kernel has not taken apart yet, and for trunks. */
  static final int PORTS = 900;

  /** Of the pair that admitted packets go through: nothing is too large for it. */
  private static final int LOOP_MTU = 65_535;

  private static final byte[] LOOP_MAC = {2, (byte) 0xab, 0x0d, (byte) 0xe0, 0, 1};
  private static final byte[] LOOP_ADDRESS = {(byte) 169, (byte) 254, (byte) 201, 1};

  private final Links links;
  private final KernelNames names;
  private final Map<String, Up> up = new HashMap<>();
  private OptionalInt exit = OptionalInt.empty();

  /** A network that is in the kernel. */
  private static final class Up {
    final NetworkRecord network;
    final int mtu;
    final List<Segment> segments = new ArrayList<>();

    Up(NetworkRecord network, int mtu) {
      this.network = network;
      this.mtu = mtu;
    }
  }

  private static final class Segment {
    final String bridge;
    final int index;
    final Set<String> endpoints = new HashSet<>();

    Segment(String bridge, int index) {
      this.bridge = bridge;
      this.index = index;
    }
  }

  /**
   * Where an endpoint is to be plugged in.
   *
   * @param bridge index of the interface
   */
  record Socket(int bridge, int mtu, boolean isolated) {}

  Bridges(Links links, KernelNames names) {
    this.links = links;
    this.names = names;
  }

  boolean isUp(String networkId) {
    return up.containsKey(networkId);
  }

  /** The networks that are in the kernel. */
  List<NetworkRecord> networks() {
    return up.values().stream().map(u -> u.network).toList();
  }

  /** Of a network that is in the kernel. */
  int mtu(String networkId) {
    Up network = up.get(networkId);
    return network == null ? 0 : network.mtu;
  }

  /** Brings a network into the kernel, or takes over what an earlier engine has left of it. */
  void raise(NetworkRecord network) throws IOException {
    int mtu = new NetworkOptions(network.options()).mtu().orElse(0);
    if (mtu == 0) {
      mtu = new HostLinks(links).uplinkMtu();
    }
    Up made = new Up(network, mtu);
    Optional<Links.Link> there = links.find(network.bridge());
    int index = there.isPresent() ? there.get().index() : create(network, mtu);
    made.segments.add(new Segment(network.bridge(), index));
    addresses(network, index);
    adoptSegments(made);
    up.put(network.id(), made);
    if (network.subnet(IpAddress.Family.IPV4).isPresent()) {
      Sysctl.routeLoopback(network.bridge());
      Sysctl.forwardIpv4();
    }
    if (network.subnet(IpAddress.Family.IPV6).isPresent()) {
      Sysctl.forwardIpv6();
    }
  }

  private int create(NetworkRecord network, int mtu) throws IOException {
    // Its own, or the bridge would take that of whichever port has the lowest.
    byte[] mac =
        new MacAddress(0x02_42_00_00_00_00L | Long.parseLong(network.id(), 0, 8, 16)).bytes();
    return links.createBridge(network.bridge(), mac, mtu);
  }

  private void addresses(NetworkRecord network, int index) throws IOException {
    for (SubnetSpec subnet : network.subnets()) {
      byte[] gateway = subnet.gateway().orElseThrow().bytes();
      try {
        links.setup().address(index, gateway, subnet.subnet().prefix()).apply(network.bridge());
      } catch (KernelException e) {
        if (e.errno() != Errno.EEXIST) {
          throw e;
        }
      }
    }
  }

  /** Finds room for one more endpoint; it is the endpoint's until {@link #leave}. */
  Socket enter(String networkId, String endpointId) throws IOException {
    Up network = up.get(networkId);
    if (network == null) {
      throw new IllegalStateException("network " + networkId + " is not in the kernel");
    }
    for (Segment segment : network.segments) {
      if (segment.endpoints.size() < PORTS) {
        return enter(network, segment, endpointId);
      }
    }
    return enter(network, extend(network), endpointId);
  }

  private Socket enter(Up network, Segment segment, String endpointId) throws IOException {
    segment.endpoints.add(endpointId);
    Sysctl.rememberNeighbours(endpoints());
    boolean isolated = !new NetworkOptions(network.network.options()).reachEachOther();
    return new Socket(segment.index, network.mtu, isolated);
  }

  private int endpoints() {
    return up.values().stream()
        .flatMap(network -> network.segments.stream())
        .mapToInt(segment -> segment.endpoints.size())
        .sum();
  }

  private Segment extend(Up network) throws IOException {
    String bridge = names.segment(network.network.id(), network.segments.size());
    byte[] mac =
        new MacAddress(
                0x02_43_00_00_00_00L
                    | (Long.parseLong(network.network.id(), 0, 6, 16) << 8)
                    | network.segments.size())
            .bytes();
    int index = links.createBridge(bridge, mac, network.mtu);
    links.createTrunk(
        names.trunk(bridge),
        network.segments.getFirst().index,
        names.trunkEnd(bridge),
        index,
        network.mtu);
    if (!new NetworkOptions(network.network.options()).reachEachOther()) {
      links.isolate(names.trunk(bridge));
    }
    Segment segment = new Segment(bridge, index);
    network.segments.add(segment);
    return segment;
  }

  /**
   * Finds an endpoint of an earlier engine where it is plugged in; plugs it in where it is not.
   *
   * @param port its interface, if there is one
   */
  void adopt(Endpoint endpoint, Optional<Links.Link> port) throws IOException {
    Up network = up.get(endpoint.networkId());
    if (network == null || port.isEmpty()) {
      return;
    }
    for (Segment segment : network.segments) {
      if (segment.index == port.get().master()) {
        segment.endpoints.add(endpoint.id());
        Sysctl.rememberNeighbours(endpoints());
        return;
      }
    }
    Socket socket = enter(endpoint.networkId(), endpoint.id());
    links.join(endpoint.hostInterface(), socket.bridge());
  }

  private void adoptSegments(Up network) throws IOException {
    while (true) {
      String bridge = names.segment(network.network.id(), network.segments.size());
      Optional<Links.Link> there = links.find(bridge);
      if (there.isEmpty()) {
        return;
      }
      network.segments.add(new Segment(bridge, there.get().index()));
    }
  }

  /** Whether that is the name of a further bridge of a network that is in the kernel. */
  boolean isSegment(String bridge) {
    return up.values().stream()
        .flatMap(network -> network.segments.stream().skip(1))
        .anyMatch(segment -> segment.bridge.equals(bridge));
  }

  /** An endpoint is no more. */
  void leave(Endpoint endpoint) {
    Up network = up.get(endpoint.networkId());
    if (network != null) {
      network.segments.forEach(segment -> segment.endpoints.remove(endpoint.id()));
    }
  }

  /** Whether any endpoint is in that network. */
  boolean isUsed(String networkId) {
    Up network = up.get(networkId);
    return network != null && network.segments.stream().anyMatch(s -> !s.endpoints.isEmpty());
  }

  /** Takes a network out of the kernel. */
  void lower(String networkId) throws IOException {
    Up network = up.remove(networkId);
    if (network != null) {
      for (Segment segment : network.segments.reversed()) {
        links.delete(segment.bridge);
        links.delete(names.trunk(segment.bridge));
      }
    }
  }

  // ---- the way in for admitted packets

  /** Where admitted packets leave; made when it is first needed. */
  OptionalInt exit() {
    return exit;
  }

  /** Makes the pair of interfaces that admitted packets go through, or takes over what is there. */
  void openExit() throws IOException {
    if (exit.isPresent()) {
      return;
    }
    if (links.find(names.exit()).isEmpty()) {
      links.createLoop(names.exit(), names.reentry(), LOOP_MAC, LOOP_MTU);
    }
    int entry = links.find(names.reentry()).orElseThrow().index();
    try {
      // Without an address the kernel takes every source for a forged one.
      links.setup().address(entry, LOOP_ADDRESS, 32).apply(names.reentry());
    } catch (KernelException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
    Sysctl.acceptDetours(names.reentry());
    exit = OptionalInt.of(links.find(names.exit()).orElseThrow().index());
  }

  void closeExit() throws IOException {
    links.delete(names.exit());
    exit = OptionalInt.empty();
  }
}
