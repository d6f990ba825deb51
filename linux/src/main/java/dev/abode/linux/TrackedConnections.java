package dev.abode.linux;

import java.nio.ByteBuffer;

/** The connections that the kernel remembers in the namespace of the calling thread: conntrack. */
public final class TrackedConnections {
  // linux/netfilter/nfnetlink_conntrack.h
  private static final int SUBSYSTEM = 1;
  private static final int DELETE = 2;
  private static final int CTA_TUPLE_ORIG = 1;
  private static final int CTA_FILTER = 25;
  private static final int CTA_FILTER_ORIG_FLAGS = 1;
  private static final int CTA_TUPLE_PROTO = 2;
  private static final int CTA_PROTO_NUM = 1;
  private static final int CTA_PROTO_DST_PORT = 3;
  // net/netfilter/nf_internals.h: which parts of the tuple have to match
  private static final int BY_PROTOCOL = 1 << 3;
  private static final int BY_DESTINATION_PORT = 1 << 5;

  private TrackedConnections() {}

  /**
   * Forgets those of a protocol that were made to a port, whatever the address: what follows is
   * looked at as if it were the first of them.
   *
   * @param protocol as in the header of a packet, one that has ports
   * @throws KernelException EINVAL from kernels before Linux 5.8, which cannot choose by a port
   */
  public static void forget(PacketFilter.Family family, int protocol, int port)
      throws KernelException {
    NetlinkMessage message =
        new NetlinkMessage()
            .begin(
                (SUBSYSTEM << 8) | DELETE, NetlinkMessage.NLM_F_REQUEST | NetlinkMessage.NLM_F_ACK)
            // struct nfgenmsg: family, version, resource
            .u8(family.number())
            .u8(0)
            .u16(0)
            .open(CTA_TUPLE_ORIG)
            .open(CTA_TUPLE_PROTO)
            .attribute8(CTA_PROTO_NUM, protocol)
            .attribute(CTA_PROTO_DST_PORT, ByteBuffer.allocate(2).putShort((short) port).array())
            .close()
            .close()
            .open(CTA_FILTER)
            .attribute(CTA_FILTER_ORIG_FLAGS, BY_PROTOCOL | BY_DESTINATION_PORT)
            .close();
    try (Netlink netlink = Netlink.open(Netlink.NETFILTER)) {
      netlink.request(message, "connections to port " + port);
    }
  }
}
