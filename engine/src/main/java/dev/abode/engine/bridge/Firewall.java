package dev.abode.engine.bridge;

import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.Protocol;
import dev.abode.engine.network.PublishedPort;
import dev.abode.engine.network.Subnet;
import dev.abode.engine.network.SubnetSpec;
import dev.abode.linux.KernelException;
import dev.abode.linux.PacketFilter;
import dev.abode.linux.PacketFilter.Change;
import dev.abode.linux.PacketFilter.Family;
import dev.abode.linux.PacketFilter.Hook;
import dev.abode.linux.TrackedConnections;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's table of packet filter rules, one a family, under one name. Rules of the host are
 * neither read nor changed, and have the last word: a packet that they drop stays dropped.
 *
 * <p><b>How a port is published.</b> A connection from outside to a published port is not
 * redirected when it comes in. Its first packet goes the way of every packet for the host, through
 * the host's input rules, with the port that the user published. What these let through comes to
 * our chain at the very end of that way, which sends a copy through a pair of interfaces and drops
 * the original. The copy comes in at the pair's other end, and there it is redirected to the
 * instance, its source untouched; the kernel's connection tracking redirects all further packets by
 * itself. On its way to the instance it passes the host's forward rules as well.
 *
 * <p>A connection from the host itself is redirected as it leaves, past the host's output rules.
 */
final class Firewall {
  private static final String BRIDGES = "bridges";
  private static final String PAIRS = "pairs";
  private static final String INTERNAL = "internal";
  private static final String ANYWHERE = "anywhere";
  private static final String HERE = "here";

  private static final int NAME_TYPE = 41;
  private static final int PORT_TYPE = 13;
  private static final int PROTOCOL_AND_PORT_TYPE = (12 << 6) | PORT_TYPE;
  private static final int NAME_BYTES = 16;
  private static final int FIELD_BYTES = 4;

  private static final int DESTINATION = -100;
  private static final int FILTER = 0;
  private static final int SOURCE = 100;

  /**
   * After every other filter, but before connection tracking confirms, which it does at {@code
   * INT_MAX} for IPv4 and one earlier for IPv6 ({@code nf_conntrack_proto.c}): the copy of a packet
   * whose connection is confirmed would belong to that connection, and could not be redirected.
   */
  private static final int LAST = Integer.MAX_VALUE - 2;

  private static final byte[] LOOPBACK = {127, 0, 0, 0};
  private static final byte[] LOOPBACK6 = IpAddress.parse("::1").bytes();
  private static final byte[] NEIGHBOUR = {(byte) 169, (byte) 254, (byte) 201, 2};

  private static final Logger LOGGER = LoggerFactory.getLogger(Firewall.class);

  private final KernelNames names;

  Firewall(KernelNames names) {
    this.names = names;
  }

  /** A port that leads to an instance. */
  record Lead(PublishedPort published, IpAddress target) {}

  /** The ports of an instance that can be led to one of its endpoints. */
  static List<Lead> leads(NetworkRun run) {
    List<Lead> leads = new ArrayList<>();
    for (PublishedPort port : run.ports()) {
      for (Endpoint endpoint : run.endpoints()) {
        Optional<IpAddress> target =
            (port.hostAddress().isIpv4() ? endpoint.ipv4() : endpoint.ipv6())
                .filter(address -> address.gateway().isPresent())
                .map(Endpoint.InterfaceAddress::address);
        if (target.isPresent()) {
          leads.add(new Lead(port, target.get()));
          break;
        }
      }
    }
    return leads;
  }

  /**
   * Makes both tables anew.
   *
   * @param exit index of the interface that admitted packets leave by; empty when there is none
   */
  void install(List<NetworkRecord> networks, List<Lead> leads, OptionalInt exit)
      throws IOException {
    Change change = new Change();
    for (Family family : Family.values()) {
      change.replace(family, names.table());
      frame(change, family);
      for (NetworkRecord network : networks) {
        admit(change, family, network);
      }
      rules(change, family, exit);
    }
    for (Lead lead : leads) {
      add(change, lead);
    }
    change.commit("packet filter table " + names.table());
  }

  private static void frame(Change change, Family family) {
    int address = family.addressBytes();
    int addressType = family == Family.IPV4 ? 7 : 8;
    int data = address + FIELD_BYTES;
    int dataType = (addressType << 6) | PORT_TYPE;
    change
        .set(BRIDGES, NAME_TYPE, NAME_BYTES)
        .set(INTERNAL, NAME_TYPE, NAME_BYTES)
        .set(PAIRS, (NAME_TYPE << 6) | NAME_TYPE, 2 * NAME_BYTES)
        .map(ANYWHERE, PROTOCOL_AND_PORT_TYPE, 2 * FIELD_BYTES, dataType, data)
        .map(
            HERE,
            (addressType << 12) | PROTOCOL_AND_PORT_TYPE,
            address + 2 * FIELD_BYTES,
            dataType,
            data)
        .chain("arriving", "nat", Hook.PREROUTING, DESTINATION)
        .chain("own", "nat", Hook.OUTPUT, DESTINATION)
        .chain("leaving", "nat", Hook.POSTROUTING, SOURCE)
        .chain("passing", "filter", Hook.FORWARD, FILTER)
        .chain("admitted", "filter", Hook.INPUT, LAST);
  }

  private static void admit(Change change, Family family, NetworkRecord network) {
    byte[] name = PacketFilter.interfaceName(network.bridge());
    byte[] none = {};
    change.add(BRIDGES, name, none);
    change.add(PAIRS, ByteBuffer.allocate(2 * NAME_BYTES).put(name).put(name).array(), none);
    if (network.internal()) {
      change.add(INTERNAL, name, none);
    }
    Optional<Subnet> subnet = network.subnet(of(family)).map(SubnetSpec::subnet);
    if (subnet.isEmpty()) {
      return;
    }
    byte[] address = subnet.get().address().bytes();
    int prefix = subnet.get().prefix();
    // An instance that reaches its neighbour by way of a published port would get the answer
    // directly, from an address it never asked.
    change.rule(
        "leaving", r -> r.to(network.bridge()).source(address, prefix).redirected().masquerade());
    if (!network.internal() && new NetworkOptions(network.options()).masquerades()) {
      change.rule("leaving", r -> r.source(address, prefix).toNoneOf(BRIDGES).masquerade());
    }
  }

  private void rules(Change change, Family family, OptionalInt exit) {
    if (family == Family.IPV4) {
      change.rule("leaving", r -> r.toOneOf(BRIDGES).source(LOOPBACK, 8).masquerade());
    }
    change.rule("arriving", r -> r.from(names.reentry()).destinationPort(HERE, true).redirect());
    change.rule(
        "arriving", r -> r.from(names.reentry()).destinationPort(ANYWHERE, false).redirect());
    if (family == Family.IPV6) {
      // The kernel lets nothing from ::1 leave by another interface; refused at once, a client
      // goes on to 127.0.0.1.
      change.rule("own", r -> r.destination(LOOPBACK6, 128).leave());
    }
    change.rule("own", r -> r.destinationLocal().destinationPort(HERE, true).redirect());
    change.rule("own", r -> r.destinationLocal().destinationPort(ANYWHERE, false).redirect());

    // What neighbours say to each other is most of what passes.
    change.rule("passing", r -> r.between(PAIRS).leave());
    change.rule("passing", r -> r.fromOneOf(INTERNAL).drop());
    change.rule("passing", r -> r.toNoneOf(BRIDGES).leave());
    change.rule("passing", r -> r.toOneOf(INTERNAL).drop());
    change.rule("passing", r -> r.established().leave());
    change.rule("passing", r -> r.redirected().leave());
    change.rule("passing", PacketFilter.Rule::drop);

    change.rule("admitted", r -> r.established().leave());
    if (family == Family.IPV4) {
      // CVE-2020-8558: route_localnet lets a neighbour on the bridge reach the host's loopback.
      // An answer to a connection from there has been led back to it by now.
      change.rule("admitted", r -> r.destination(LOOPBACK, 8).fromOneOf(BRIDGES).drop());
    }
    if (exit.isPresent()) {
      byte[] neighbour =
          family == Family.IPV4 ? NEIGHBOUR : IpAddress.parse("fe80::ab0d:e2").bytes();
      if (family == Family.IPV6) {
        // Of what is sent to ::1, see above, a datagram would be kept by the socket that holds the
        // port, and its sender would wait.
        change.rule(
            "admitted", r -> r.destination(LOOPBACK6, 128).destinationPort(HERE, true).refuse());
        change.rule(
            "admitted",
            r -> r.destination(LOOPBACK6, 128).destinationPort(ANYWHERE, false).refuse());
      }
      change.rule("admitted", r -> r.from(names.reentry()).leave());
      change.rule("admitted", r -> r.from("lo").leave());
      change.rule(
          "admitted", r -> r.destinationPort(HERE, true).copy(neighbour, exit.getAsInt()).drop());
      change.rule(
          "admitted",
          r -> r.destinationPort(ANYWHERE, false).copy(neighbour, exit.getAsInt()).drop());
    }
  }

  private static IpAddress.Family of(Family family) {
    return switch (family) {
      case IPV4 -> IpAddress.Family.IPV4;
      case IPV6 -> IpAddress.Family.IPV6;
    };
  }

  /** Leads ports to their instance. */
  void publish(List<Lead> leads) throws IOException {
    if (!leads.isEmpty()) {
      Change change = new Change();
      leads.forEach(lead -> add(change, lead));
      change.commit("published ports in table " + names.table());
      forgetFlows(leads);
    }
  }

  /** Leads ports nowhere any more. */
  void withdraw(List<Lead> leads) throws IOException {
    if (!leads.isEmpty()) {
      Change change = new Change();
      for (Lead lead : leads) {
        in(change, lead);
        change.take(set(lead), key(lead));
      }
      change.commit("published ports in table " + names.table());
      forgetFlows(leads);
    }
  }

  /**
   * Lets what clients of UDP go on sending find the way anew. The kernel keeps a flow on the way
   * that its first packet took for as long as packets follow: to an instance that has ended, or to
   * nobody, for somebody who sends without a pause.
   */
  private static void forgetFlows(List<Lead> leads) {
    for (Lead lead : leads) {
      PublishedPort published = lead.published();
      if (published.port().protocol() == Protocol.UDP) {
        Family family = published.hostAddress().isIpv4() ? Family.IPV4 : Family.IPV6;
        int number = published.port().protocol().number();
        try {
          TrackedConnections.forget(family, number, published.hostPort());
        } catch (KernelException e) {
          LOGGER.debug("flows to UDP port {} stay on their way", published.hostPort(), e);
        }
      }
    }
  }

  private void in(Change change, Lead lead) {
    change.in(lead.published().hostAddress().isIpv4() ? Family.IPV4 : Family.IPV6, names.table());
  }

  private void add(Change change, Lead lead) {
    in(change, lead);
    byte[] target = lead.target().bytes();
    change.add(
        set(lead),
        key(lead),
        ByteBuffer.allocate(target.length + FIELD_BYTES)
            .put(target)
            .putShort((short) lead.published().port().number())
            .array());
  }

  private static String set(Lead lead) {
    return lead.published().hostAddress().isAny() ? ANYWHERE : HERE;
  }

  private static byte[] key(Lead lead) {
    PublishedPort published = lead.published();
    byte[] address =
        published.hostAddress().isAny() ? new byte[0] : published.hostAddress().bytes();
    return ByteBuffer.allocate(address.length + 2 * FIELD_BYTES)
        .put(address)
        .put((byte) published.port().protocol().number())
        .put(new byte[FIELD_BYTES - 1])
        .putShort((short) published.hostPort())
        .array();
  }

  /** Takes both tables away. */
  void remove() throws IOException {
    Change change = new Change();
    for (Family family : Family.values()) {
      change.remove(family, names.table());
    }
    change.commit("packet filter table " + names.table());
  }
}
