package dev.abode.linux;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The interfaces, addresses and routes of one network namespace, {@code rtnetlink(7)}. Safe for
 * many threads.
 */
public final class Links implements AutoCloseable {
  // linux/rtnetlink.h
  private static final int RTM_NEWLINK = 16;
  private static final int RTM_DELLINK = 17;
  private static final int RTM_GETLINK = 18;
  private static final int RTM_SETLINK = 19;
  private static final int RTM_NEWADDR = 20;
  private static final int RTM_GETADDR = 22;
  private static final int RTM_NEWROUTE = 24;

  /** linux/neighbour.h */
  private static final int RTM_NEWNEIGH = 28;

  private static final int NUD_PERMANENT = 0x80;
  private static final int NDA_DST = 1;
  private static final int NDA_LLADDR = 2;
  private static final int RT_SCOPE_LINK = 253;
  private static final int RTM_DELROUTE = 25;
  private static final int RTM_GETROUTE = 26;
  private static final int RTPROT_BOOT = 3;
  private static final int RTN_UNICAST = 1;
  private static final int RT_TABLE_MAIN = 254;
  private static final int RTA_DST = 1;
  private static final int RTA_OIF = 4;
  private static final int RTA_GATEWAY = 5;
  // linux/if_link.h
  private static final int IFLA_ADDRESS = 1;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_MTU = 4;
  private static final int IFLA_MASTER = 10;
  private static final int IFLA_PROTINFO = 12;
  private static final int IFLA_LINKINFO = 18;
  private static final int IFLA_NET_NS_PID = 19;
  private static final int IFLA_AF_SPEC = 26;
  private static final int IFLA_INFO_KIND = 1;
  private static final int IFLA_INFO_DATA = 2;
  private static final int IFLA_INET6_ADDR_GEN_MODE = 8;
  private static final int IFLA_BRPORT_ISOLATED = 33;
  private static final int IFLA_BR_MCAST_SNOOPING = 23;
  private static final int VETH_INFO_PEER = 1;
  // linux/if_addr.h
  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;
  private static final int IFA_F_NODAD = 2;
  // linux/if.h
  private static final int IFF_UP = 1;
  private static final int IFF_NOARP = 0x80;
  // bits/socket.h
  private static final int AF_INET = 2;
  private static final int AF_BRIDGE = 7;
  private static final int AF_INET6 = 10;

  private static final int ACKNOWLEDGED = NetlinkMessage.NLM_F_REQUEST | NetlinkMessage.NLM_F_ACK;
  private static final int NEW =
      ACKNOWLEDGED | NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_EXCL;

  private final Netlink netlink;

  private Links(Netlink netlink) {
    this.netlink = netlink;
  }

  /** Those of the calling thread's namespace. */
  public static Links open() throws KernelException {
    return new Links(Netlink.open(Netlink.ROUTE));
  }

  // ---- what there is

  /**
   * An interface.
   *
   * @param master index of the bridge it is a port of, 0 for none
   */
  public record Link(int index, String name, int mtu, boolean up, int master) {}

  /** An address of an interface. */
  public record Address(int link, InetAddress address, int prefix) {}

  /**
   * A route of the main table to somewhere.
   *
   * @param link 0 when it has none
   */
  public record Route(InetAddress destination, int prefix, int link) {}

  /** All interfaces. */
  public List<Link> list() throws KernelException {
    List<Link> links = new ArrayList<>();
    NetlinkMessage question =
        new NetlinkMessage()
            .begin(RTM_GETLINK, NetlinkMessage.NLM_F_REQUEST | NetlinkMessage.NLM_F_DUMP);
    header(question, 0, 0, 0);
    netlink.ask(question, "all interfaces").forEach(message -> links.add(link(message)));
    return links;
  }

  /** The interface of that name. */
  public Optional<Link> find(String name) throws KernelException {
    NetlinkMessage question = new NetlinkMessage().begin(RTM_GETLINK, ACKNOWLEDGED);
    header(question, 0, 0, 0).attribute(IFLA_IFNAME, name);
    try {
      return netlink.ask(question, "interface " + name).stream().map(Links::link).findFirst();
    } catch (KernelException e) {
      if (e.errno() == Errno.ENODEV) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static Link link(ByteBuffer message) {
    // struct ifinfomsg: family, type, index, flags, change
    int index = message.getInt(4);
    boolean up = (message.getInt(8) & IFF_UP) != 0;
    Map<Integer, ByteBuffer> attributes = attributes(message, 16);
    return new Link(
        index,
        text(attributes.get(IFLA_IFNAME)),
        number(attributes.get(IFLA_MTU)),
        up,
        number(attributes.get(IFLA_MASTER)));
  }

  /** All addresses of all interfaces. */
  public List<Address> addresses() throws KernelException {
    List<Address> addresses = new ArrayList<>();
    NetlinkMessage question =
        new NetlinkMessage()
            .begin(RTM_GETADDR, NetlinkMessage.NLM_F_REQUEST | NetlinkMessage.NLM_F_DUMP)
            .u32(0)
            .u32(0);
    for (ByteBuffer message : netlink.ask(question, "all addresses")) {
      // struct ifaddrmsg: family, prefix, flags, scope, index
      Map<Integer, ByteBuffer> attributes = attributes(message, 8);
      ByteBuffer local = attributes.getOrDefault(IFA_LOCAL, attributes.get(IFA_ADDRESS));
      if (local != null) {
        addresses.add(new Address(message.getInt(4), address(local), message.get(1) & 0xff));
      }
    }
    return addresses;
  }

  /** The main table's routes to somewhere, of both families. */
  public List<Route> routes() throws KernelException {
    List<Route> routes = new ArrayList<>();
    for (int family : new int[] {AF_INET, AF_INET6}) {
      NetlinkMessage question =
          new NetlinkMessage()
              .begin(RTM_GETROUTE, NetlinkMessage.NLM_F_REQUEST | NetlinkMessage.NLM_F_DUMP)
              .u8(family)
              .u8(0)
              .u16(0)
              .u32(0)
              .u32(0);
      for (ByteBuffer message : netlink.ask(question, "all routes")) {
        // struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type
        Map<Integer, ByteBuffer> attributes = attributes(message, 12);
        boolean main = (message.get(4) & 0xff) == RT_TABLE_MAIN;
        if (main && message.get(7) == RTN_UNICAST) {
          ByteBuffer to = attributes.get(RTA_DST);
          routes.add(
              new Route(
                  to == null ? any(family) : address(to),
                  message.get(1) & 0xff,
                  number(attributes.get(RTA_OIF))));
        }
      }
    }
    return routes;
  }

  private static InetAddress any(int family) {
    return address(ByteBuffer.allocate(family == AF_INET ? 4 : 16));
  }

  // ---- making links

  /** Makes a bridge that is up. */
  public int createBridge(String name, byte[] mac, int mtu) throws IOException {
    NetlinkMessage message = new NetlinkMessage().begin(RTM_NEWLINK, NEW);
    header(message, 0, IFF_UP, IFF_UP)
        .attribute(IFLA_IFNAME, name)
        .attribute(IFLA_ADDRESS, mac)
        .attribute(IFLA_MTU, mtu)
        .open(IFLA_LINKINFO)
        .attribute(IFLA_INFO_KIND, "bridge")
        .open(IFLA_INFO_DATA)
        .attribute8(IFLA_BR_MCAST_SNOOPING, 0)
        .close()
        .close();
    netlink.request(message, "bridge " + name);
    return find(name).orElseThrow(() -> new IOException("bridge " + name + " vanished")).index();
  }

  /**
   * Makes a pair of interfaces: a port of a bridge that is up, and one in the network namespace of
   * a process, still down.
   *
   * @param isolated the port reaches the bridge itself and no other isolated port
   */
  public void createPort(
      String name, int bridge, int mtu, boolean isolated, String peer, byte[] peerMac, int pid)
      throws KernelException {
    createPair(
        mtu,
        new End(name, IFF_UP, end -> end.attribute(IFLA_MASTER, bridge)),
        new End(
            peer, 0, end -> end.attribute(IFLA_ADDRESS, peerMac).attribute(IFLA_NET_NS_PID, pid)));
    if (isolated) {
      isolate(name);
    }
  }

  /** A port that reaches the bridge itself and no other isolated port. */
  public void isolate(String port) throws KernelException {
    int index = find(port).map(Link::index).orElse(0);
    NetlinkMessage message = new NetlinkMessage().begin(RTM_SETLINK, ACKNOWLEDGED);
    message
        .u8(AF_BRIDGE)
        .u8(0)
        .u16(0)
        .u32(index)
        .u32(0)
        .u32(0)
        .open(IFLA_PROTINFO)
        .attribute8(IFLA_BRPORT_ISOLATED, 1)
        .close();
    netlink.request(message, "isolation of port " + port);
  }

  /** Makes a pair of ports that connects two bridges, both up. */
  public void createTrunk(String name, int bridge, String peer, int peerBridge, int mtu)
      throws KernelException {
    createPair(
        mtu,
        new End(name, IFF_UP, end -> end.attribute(IFLA_MASTER, bridge)),
        new End(peer, 0, end -> end));
    join(peer, peerBridge);
  }

  /** Changes how much an interface sends at once. */
  public void resize(String name, int mtu) throws KernelException {
    change(new End(name, 0, link -> link.attribute(IFLA_MTU, mtu)));
  }

  /** Makes an interface a port of a bridge, and sets it up. */
  public void join(String name, int bridge) throws KernelException {
    change(new End(name, IFF_UP, link -> link.attribute(IFLA_MASTER, bridge)));
  }

  /**
   * Makes a pair of interfaces that asks no neighbours and is up: what enters one leaves the other.
   */
  public void createLoop(String name, String peer, byte[] mac, int mtu) throws KernelException {
    // An end of a pair cannot be set up before the pair is whole.
    createPair(
        mtu,
        new End(name, IFF_UP | IFF_NOARP, end -> end.attribute(IFLA_ADDRESS, mac)),
        new End(peer, IFF_NOARP, end -> end.attribute(IFLA_ADDRESS, mac)));
    change(new End(peer, IFF_UP, end -> end));
  }

  /**
   * What is said of an interface.
   *
   * @param flags to be set
   */
  private record End(String name, int flags, UnaryOperator<NetlinkMessage> rest) {
    NetlinkMessage to(NetlinkMessage message) {
      return rest.apply(header(message, 0, flags, flags).attribute(IFLA_IFNAME, name));
    }
  }

  private void createPair(int mtu, End one, End other) throws KernelException {
    NetlinkMessage message = new NetlinkMessage().begin(RTM_NEWLINK, NEW);
    one.to(message)
        .attribute(IFLA_MTU, mtu)
        .open(IFLA_LINKINFO)
        .attribute(IFLA_INFO_KIND, "veth")
        .open(IFLA_INFO_DATA)
        .open(VETH_INFO_PEER);
    other.to(message).attribute(IFLA_MTU, mtu).close().close().close();
    netlink.request(message, "interface " + one.name());
  }

  private void change(End link) throws KernelException {
    netlink.request(
        link.to(new NetlinkMessage().begin(RTM_SETLINK, ACKNOWLEDGED)), "interface " + link.name());
  }

  /** Takes an interface away, and its peer; nothing when there is none. */
  public void delete(String name) throws KernelException {
    NetlinkMessage message = new NetlinkMessage().begin(RTM_DELLINK, ACKNOWLEDGED);
    header(message, 0, 0, 0).attribute(IFLA_IFNAME, name);
    try {
      netlink.request(message, "interface " + name);
    } catch (KernelException e) {
      if (e.errno() != Errno.ENODEV) {
        throw e;
      }
    }
  }

  // ---- addresses and routes

  /** Changes of one interface, made by one call of the kernel. */
  public final class Setup {
    private final NetlinkMessage messages = new NetlinkMessage();

    private Setup() {}

    /**
     * Sets an interface up.
     *
     * @param ipv6 whether it makes itself a link-local address
     */
    public Setup up(int link, boolean ipv6) {
      header(messages.begin(RTM_SETLINK, ACKNOWLEDGED), link, IFF_UP, IFF_UP);
      if (!ipv6) {
        messages
            .open(IFLA_AF_SPEC)
            .open(AF_INET6)
            .attribute8(IFLA_INET6_ADDR_GEN_MODE, 1)
            .close()
            .close();
      }
      return this;
    }

    /** Sets an interface down. */
    public Setup down(int link) {
      header(messages.begin(RTM_SETLINK, ACKNOWLEDGED), link, 0, IFF_UP);
      return this;
    }

    /** Adds an address, of IPv6 without looking for others that have it. */
    public Setup address(int link, byte[] address, int prefix) {
      messages
          .begin(RTM_NEWADDR, NEW)
          .u8(family(address))
          .u8(prefix)
          .u8(address.length == 4 ? 0 : IFA_F_NODAD)
          .u8(0)
          .u32(link)
          .attribute(IFA_LOCAL, address)
          .attribute(IFA_ADDRESS, address);
      return this;
    }

    /** Adds the way to everywhere. */
    public Setup defaultRoute(int link, byte[] gateway) {
      route(RTM_NEWROUTE, NEW, link, gateway);
      return this;
    }

    /** Takes away the way to everywhere over that gateway. */
    public Setup noDefaultRoute(int link, byte[] gateway) {
      route(RTM_DELROUTE, ACKNOWLEDGED, link, gateway);
      return this;
    }

    private void route(int type, int flags, int link, byte[] gateway) {
      messages
          .begin(type, flags)
          .u8(family(gateway))
          .u8(0)
          .u8(0)
          .u8(0)
          .u8(RT_TABLE_MAIN)
          .u8(RTPROT_BOOT)
          .u8(0)
          .u8(RTN_UNICAST)
          .u32(0)
          .attribute(RTA_GATEWAY, gateway)
          .attribute(RTA_OIF, link);
    }

    /** Adds the way to a single address, right behind an interface. */
    public Setup linkRoute(int link, byte[] address) {
      messages
          .begin(RTM_NEWROUTE, NEW)
          .u8(family(address))
          .u8(8 * address.length)
          .u8(0)
          .u8(0)
          .u8(RT_TABLE_MAIN)
          .u8(RTPROT_BOOT)
          .u8(RT_SCOPE_LINK)
          .u8(RTN_UNICAST)
          .u32(0)
          .attribute(RTA_DST, address)
          .attribute(RTA_OIF, link);
      return this;
    }

    /** Tells for good at which hardware address a neighbour is. */
    public Setup neighbour(int link, byte[] address, byte[] mac) {
      messages
          .begin(RTM_NEWNEIGH, NEW)
          .u8(family(address))
          .u8(0)
          .u16(0)
          .u32(link)
          .u16(NUD_PERMANENT)
          .u8(0)
          .u8(0)
          .attribute(NDA_DST, address)
          .attribute(NDA_LLADDR, mac);
      return this;
    }

    /** Does all of it. */
    public void apply(String subject) throws KernelException {
      netlink.request(messages, subject);
    }
  }

  /** Begins changes of interfaces. */
  public Setup setup() {
    return new Setup();
  }

  // ---- the kernel's forms

  private static int family(byte[] address) {
    return address.length == 4 ? AF_INET : AF_INET6;
  }

  private static NetlinkMessage header(NetlinkMessage message, int index, int flags, int change) {
    return message.u8(0).u8(0).u16(0).u32(index).u32(flags).u32(change);
  }

  private static Map<Integer, ByteBuffer> attributes(ByteBuffer message, int from) {
    Map<Integer, ByteBuffer> attributes = new HashMap<>();
    int at = from;
    while (at + 4 <= message.limit()) {
      int length = message.getShort(at) & 0xffff;
      if (length < 4) {
        break;
      }
      attributes.put(
          message.getShort(at + 2) & 0x3fff,
          message.slice(at + 4, length - 4).order(ByteOrder.nativeOrder()));
      at += (length + 3) & ~3;
    }
    return attributes;
  }

  private static int number(@org.jspecify.annotations.Nullable ByteBuffer attribute) {
    return attribute == null ? 0 : attribute.getInt(0);
  }

  private static String text(@org.jspecify.annotations.Nullable ByteBuffer attribute) {
    if (attribute == null) {
      return "";
    }
    byte[] bytes = new byte[attribute.remaining() - 1];
    attribute.get(0, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static InetAddress address(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(0, copy);
    try {
      return InetAddress.getByAddress(copy);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("4 or 16 bytes are an address", e);
    }
  }

  @Override
  public void close() {
    netlink.close();
  }
}
