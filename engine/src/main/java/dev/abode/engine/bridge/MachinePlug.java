package dev.abode.engine.bridge;

import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.Endpoint.InterfaceAddress;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.MacAddress;
import dev.abode.linux.Links;
import dev.abode.linux.NetworkNamespace;
import dev.abode.linux.TapDevice;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * The interfaces of a virtual machine. They begin as a container's, in the network namespace of the
 * hypervisor, and go on from there: a bridge in that namespace joins the inner end and a tap, whose
 * other end is the guest. So all that holds of a container's interface, on the host, holds of it.
 *
 * <p>The namespace has one address of its own, {@link #RESOLVER}, at which the guest asks for
 * names. Each guest has it, so no packet for it may leave: both sides are told the other's hardware
 * address, and nobody asks the network.
 */
public final class MachinePlug {
  /** Where a guest finds its name service. */
  public static final IpAddress RESOLVER = IpAddress.parse("169.254.201.53");

  /** What a guest asks from when it has no address of the same family. */
  public static final IpAddress ASKER = IpAddress.parse("169.254.201.54");

  private static final int LOOPBACK = 1;
  private static final int SINGLE = 32;

  /** Bits of an address that make it another one, all of them locally administered. */
  private static final long LOCAL = 0x02_00_00_00_00_00L;

  private static final long OF_UPLINK = 0x40_00_00_00_00_00L;
  private static final long OF_BRIDGE = 0x80_00_00_00_00_00L;

  private MachinePlug() {}

  /** The tap that a hypervisor opens by this name. */
  public static String tap(Endpoint endpoint) {
    return "tap." + endpoint.interfaceName();
  }

  private static String bridge(Endpoint endpoint) {
    return "br." + endpoint.interfaceName();
  }

  /** Whether an interface of the namespace is neither the guest's nor the host's side of it. */
  public static boolean isBetween(String name) {
    return name.startsWith("tap.") || name.startsWith("br.");
  }

  /** Whom the guest finds {@link #RESOLVER} at. */
  public static MacAddress resolverMac(Endpoint endpoint) {
    return new MacAddress((endpoint.mac().bits() | LOCAL) ^ OF_BRIDGE);
  }

  /** The endpoint as its inner end has it: the hardware address is the guest's. */
  static Endpoint uplink(Endpoint endpoint) {
    return new Endpoint(
        endpoint.id(),
        endpoint.networkId(),
        endpoint.instanceId(),
        endpoint.interfaceName(),
        endpoint.hostInterface(),
        new MacAddress((endpoint.mac().bits() | LOCAL) ^ OF_UPLINK),
        endpoint.ipv4(),
        endpoint.ipv6(),
        endpoint.aliases());
  }

  /** What the guest asks for names from. */
  public static IpAddress asker(Endpoint endpoint) {
    return endpoint.ipv4().map(InterfaceAddress::address).orElse(ASKER);
  }

  /**
   * Joins inner ends and taps.
   *
   * @param all of the instance, the first of which leads to the name service
   * @param made those whose ends have just been made
   * @param owner the host's user id of the hypervisor
   */
  static void configure(int pid, List<Endpoint> all, List<Endpoint> made, long owner)
      throws IOException {
    try (NetworkNamespace namespace = NetworkNamespace.ofProcess(pid);
        Links inside = namespace.call(Links::open)) {
      Links.Setup setup = inside.setup().up(LOOPBACK, false);
      for (Endpoint endpoint : made) {
        // An engine that was killed may have left them.
        inside.delete(bridge(endpoint));
        int mtu = inside.find(endpoint.interfaceName()).orElseThrow().mtu();
        int bridge = inside.createBridge(bridge(endpoint), resolverMac(endpoint).bytes(), mtu);
        // A hypervisor may hold one, see unplug.
        if (inside.find(tap(endpoint)).isEmpty()) {
          namespace.call(
              () -> {
                TapDevice.create(tap(endpoint), owner);
                return true;
              });
        }
        inside.resize(tap(endpoint), mtu);
        inside.join(tap(endpoint), bridge);
        inside.join(endpoint.interfaceName(), bridge);
        if (endpoint.equals(all.getFirst())) {
          lead(setup, bridge, endpoint);
        }
      }
      setup.apply("the interfaces of process " + pid);
    }
  }

  /** Makes the name service reachable over that bridge. */
  private static void lead(Links.Setup setup, int bridge, Endpoint endpoint) {
    byte[] guest = asker(endpoint).bytes();
    setup
        .address(bridge, RESOLVER.bytes(), SINGLE)
        .neighbour(bridge, guest, endpoint.mac().bytes())
        .linkRoute(bridge, guest);
  }

  /**
   * Takes away what {@link #configure} made, when the other end of the pair has gone, but for the
   * tap, which leads nowhere from now on: the card in it is still the guest's.
   *
   * @param left the endpoints that remain, the first of which leads to the name service from now on
   */
  static void remove(int pid, Endpoint gone, List<Endpoint> left) throws IOException {
    try (NetworkNamespace namespace = NetworkNamespace.ofProcess(pid);
        Links inside = namespace.call(Links::open)) {
      Optional<Links.Link> tap = inside.find(tap(gone));
      if (tap.isPresent()) {
        inside.setup().down(tap.get().index()).apply("the interface " + tap.get().name());
      }
      inside.delete(bridge(gone));
      boolean leads =
          inside.addresses().stream()
              .anyMatch(address -> IpAddress.of(address.address()).equals(RESOLVER));
      if (!leads && !left.isEmpty()) {
        Endpoint first = left.getFirst();
        Links.Setup setup = inside.setup();
        lead(setup, inside.find(bridge(first)).orElseThrow().index(), first);
        setup.apply("the way of process " + pid + " to the name service");
      }
    }
  }

  /**
   * Takes away the tap of an endpoint that was taken away. The hypervisor has neither it nor a card
   * in it any more: QEMU 10 aborts when a guest resets a card whose tap has gone.
   */
  public static void unplug(int pid, Endpoint gone) throws IOException {
    try (NetworkNamespace namespace = NetworkNamespace.ofProcess(pid);
        Links inside = namespace.call(Links::open)) {
      inside.delete(tap(gone));
    }
  }
}
