package dev.abode.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * One table of {@code nf_tables}, in one family, changed in transactions: a {@link Change} is done
 * whole or not at all, and no packet sees a part of it. Several tables can be changed by one.
 *
 * <p>What {@code nft(8)} calls expressions are the methods of {@link Rule}; each loads a register
 * or looks at one, in the order written, and the first that does not hold ends the rule.
 */
public final class PacketFilter {
  // linux/netfilter/nf_tables.h
  private static final int NEWTABLE = 0;
  private static final int DELTABLE = 2;
  private static final int NEWCHAIN = 3;
  private static final int NEWRULE = 6;
  private static final int NEWSET = 9;
  private static final int NEWSETELEM = 12;
  private static final int DELSETELEM = 14;
  private static final int SET_MAP = 8;
  private static final int NF_DROP = 0;
  private static final int NFT_RETURN = -5;
  private static final int REJECT_UNREACHABLE = 0; // NFT_REJECT_ICMP_UNREACH
  private static final int OP_EQUAL = 0;
  private static final int OP_OTHER = 1;
  // linux/netfilter/nfnetlink.h
  private static final int SUBSYSTEM = 10;
  private static final int BATCH_BEGIN = 0x10;
  private static final int BATCH_END = 0x11;

  /** For {@code nft list}: a set's note that its keys are in the machine's order, as names are. */
  private static final byte[] HOST_ORDER = {0, 4, 1, 0, 0, 0};

  private static final int REQUEST = NetlinkMessage.NLM_F_REQUEST;
  private static final int INTERFACE_NAME_BYTES = 16;

  private PacketFilter() {}

  /** Which packets a table sees: {@code NFPROTO_*} of linux/netfilter.h. */
  public enum Family {
    IPV4(2, 4, 12, 16),
    IPV6(10, 16, 8, 24);

    private final int number;
    private final int addressBytes;
    private final int sourceOffset;
    private final int destinationOffset;

    Family(int number, int addressBytes, int sourceOffset, int destinationOffset) {
      this.number = number;
      this.addressBytes = addressBytes;
      this.sourceOffset = sourceOffset;
      this.destinationOffset = destinationOffset;
    }

    int number() {
      return number;
    }

    public int addressBytes() {
      return addressBytes;
    }
  }

  /** Where in a packet's way a chain is asked: {@code NF_INET_*} of linux/netfilter.h. */
  public enum Hook {
    PREROUTING,
    INPUT,
    FORWARD,
    OUTPUT,
    POSTROUTING
  }

  /** A transaction being written. Not safe for several threads. */
  public static final class Change {
    private final NetlinkMessage messages = new NetlinkMessage();
    private Family family = Family.IPV4;
    private String table = "";

    public Change() {
      message(BATCH_BEGIN, 0, 0, SUBSYSTEM);
    }

    private void message(int type, int flags, int familyNumber, int resource) {
      // struct nfgenmsg: family, version, resource in network order
      messages
          .begin(type, REQUEST | flags)
          .u8(familyNumber)
          .u8(0)
          .u8(resource >> 8)
          .u8(resource & 0xff);
    }

    private NetlinkMessage command(int command, int flags) {
      message((SUBSYSTEM << 8) | command, flags, family.number, 0);
      return messages;
    }

    /** What follows is about this table, which is there already. */
    public Change in(Family newFamily, String newTable) {
      family = newFamily;
      table = newTable;
      return this;
    }

    /** Takes this table away with all that is in it; nothing when there is none. */
    public Change remove(Family newFamily, String newTable) {
      in(newFamily, newTable);
      command(NEWTABLE, NetlinkMessage.NLM_F_CREATE).attribute(1, table);
      command(DELTABLE, 0).attribute(1, table);
      return this;
    }

    /** Makes this table anew, in place of the one that may be there. */
    public Change replace(Family newFamily, String newTable) {
      remove(newFamily, newTable);
      command(NEWTABLE, NetlinkMessage.NLM_F_CREATE).attribute(1, table);
      return this;
    }

    /**
     * Makes a set.
     *
     * @param type for {@code nft list}: numbers of its data types, 6 bits each
     */
    public Change set(String name, int type, int keyBytes) {
      command(NEWSET, NetlinkMessage.NLM_F_CREATE)
          .attribute(1, table)
          .attribute(2, name)
          .attributeBig(3, 0)
          .attributeBig(4, type)
          .attributeBig(5, keyBytes)
          .attributeBig(10, messages.count())
          .attribute(13, HOST_ORDER);
      return this;
    }

    /** Makes a map from keys to data. */
    public Change map(String name, int type, int keyBytes, int dataType, int dataBytes) {
      command(NEWSET, NetlinkMessage.NLM_F_CREATE)
          .attribute(1, table)
          .attribute(2, name)
          .attributeBig(3, SET_MAP)
          .attributeBig(4, type)
          .attributeBig(5, keyBytes)
          .attributeBig(6, dataType)
          .attributeBig(7, dataBytes)
          .attributeBig(10, messages.count());
      return this;
    }

    /** Adds a key to a set, or to a map with its data. An equal one may be there. */
    public Change add(String set, byte[] key, byte[] data) {
      return element(NEWSETELEM, NetlinkMessage.NLM_F_CREATE, set, key, data);
    }

    /** Takes out a key, which must be there. */
    public Change take(String set, byte[] key) {
      return element(DELSETELEM, 0, set, key, new byte[0]);
    }

    private Change element(int command, int flags, String set, byte[] key, byte[] data) {
      NetlinkMessage message =
          command(command, flags).attribute(1, table).attribute(2, set).open(3).open(1);
      message.open(1).attribute(1, key).close();
      if (data.length > 0) {
        message.open(2).attribute(1, data).close();
      }
      message.close().close();
      return this;
    }

    /**
     * Makes a chain that the kernel asks; it accepts what no rule of it refuses.
     *
     * @param type {@code filter} or {@code nat}
     */
    public Change chain(String name, String type, Hook hook, int priority) {
      command(NEWCHAIN, NetlinkMessage.NLM_F_CREATE)
          .attribute(1, table)
          .attribute(3, name)
          .open(4)
          .attributeBig(1, hook.ordinal())
          .attributeBig(2, priority)
          .close()
          .attributeBig(5, 1)
          .attribute(7, type);
      return this;
    }

    /** Adds a rule at the end of a chain. */
    public Change rule(String chain, Consumer<Rule> rule) {
      command(NEWRULE, NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_APPEND)
          .attribute(1, table)
          .attribute(2, chain)
          .open(4);
      rule.accept(new Rule(messages, family));
      messages.close();
      return this;
    }

    /**
     * Does all of it in the network namespace of the calling thread.
     *
     * @throws KernelException ENOENT for what must be there and is not, EEXIST for the opposite
     */
    public void commit(String subject) throws KernelException {
      if (messages.count() == 1) {
        return; // Nothing but the beginning of a batch.
      }
      // Its end can be acknowledged since Linux 6.10 only, the last command everywhere.
      messages.acknowledged();
      message(BATCH_END, 0, 0, SUBSYSTEM);
      try (Netlink netlink = Netlink.open(Netlink.NETFILTER)) {
        netlink.transaction(messages, 1, subject);
      }
    }
  }

  /** A rule being written. Registers 1 and up hold four bytes each, those of a long value more. */
  public static final class Rule {
    private static final int FIRST = 8; // NFT_REG32_00; its value in other words is NFT_REG_1
    private static final int META_INPUT_NAME = 6;
    private static final int META_OUTPUT_NAME = 7;
    private static final int META_PROTOCOL = 16;
    private static final int PAYLOAD_NETWORK = 1;
    private static final int PAYLOAD_TRANSPORT = 2;
    private static final int FIB_ADDRESS_TYPE = 3;
    private static final int FIB_DESTINATION = 2;
    private static final int ADDRESS_LOCAL = 2; // RTN_LOCAL
    private static final int TRACK_STATE = 0;
    private static final int TRACK_STATUS = 2;
    private static final int ESTABLISHED_OR_RELATED = 2 | 4;
    private static final int REDIRECTED = 32; // IPS_DST_NAT

    private final NetlinkMessage message;
    private final Family family;

    private Rule(NetlinkMessage message, Family family) {
      this.message = message;
      this.family = family;
    }

    private NetlinkMessage begin(String expression) {
      return message.open(1).attribute(1, expression).open(2);
    }

    private Rule end() {
      message.close().close();
      return this;
    }

    private Rule load(String expression, int keyAttribute, int key, int register) {
      begin(expression);
      // meta and ct number their attributes alike, but for the register to load
      message.attributeBig(1, FIRST + register).attributeBig(keyAttribute, key);
      return end();
    }

    private Rule payload(int base, int offset, int bytes, int register) {
      begin("payload")
          .attributeBig(1, FIRST + register)
          .attributeBig(2, base)
          .attributeBig(3, offset)
          .attributeBig(4, bytes);
      return end();
    }

    private Rule compare(int operation, byte[] value) {
      begin("cmp")
          .attributeBig(1, FIRST)
          .attributeBig(2, operation)
          .open(3)
          .attribute(1, value)
          .close();
      return end();
    }

    private Rule mask(byte[] mask) {
      begin("bitwise")
          .attributeBig(1, FIRST)
          .attributeBig(2, FIRST)
          .attributeBig(3, mask.length)
          .open(4)
          .attribute(1, mask)
          .close()
          .open(5)
          .attribute(1, new byte[mask.length])
          .close();
      return end();
    }

    private Rule look(String set, boolean inverted) {
      begin("lookup").attribute(1, set).attributeBig(2, FIRST);
      if (inverted) {
        message.attributeBig(5, 1);
      }
      return end();
    }

    /** It came in by that interface. */
    public Rule from(String link) {
      return load("meta", 2, META_INPUT_NAME, 0).compare(OP_EQUAL, interfaceName(link));
    }

    /** It came in by an interface of a set. */
    public Rule fromOneOf(String set) {
      return load("meta", 2, META_INPUT_NAME, 0).look(set, false);
    }

    /** It goes out by that interface. */
    public Rule to(String link) {
      return load("meta", 2, META_OUTPUT_NAME, 0).compare(OP_EQUAL, interfaceName(link));
    }

    /** It goes out by an interface of a set. */
    public Rule toOneOf(String set) {
      return load("meta", 2, META_OUTPUT_NAME, 0).look(set, false);
    }

    /** It goes out by an interface that is not in a set. */
    public Rule toNoneOf(String set) {
      return load("meta", 2, META_OUTPUT_NAME, 0).look(set, true);
    }

    /** The interfaces it comes in and goes out by are a pair of a set. */
    public Rule between(String set) {
      return load("meta", 2, META_INPUT_NAME, 0)
          .load("meta", 2, META_OUTPUT_NAME, 4)
          .look(set, false);
    }

    /** Its source is in a subnet. */
    public Rule source(byte[] address, int prefix) {
      return payload(PAYLOAD_NETWORK, family.sourceOffset, family.addressBytes, 0)
          .mask(ones(prefix, family.addressBytes))
          .compare(OP_EQUAL, address);
    }

    /** Its destination is in a subnet. */
    public Rule destination(byte[] address, int prefix) {
      return payload(PAYLOAD_NETWORK, family.destinationOffset, family.addressBytes, 0)
          .mask(ones(prefix, family.addressBytes))
          .compare(OP_EQUAL, address);
    }

    /** Its destination is another address. */
    public Rule destinationOther(byte[] address) {
      return payload(PAYLOAD_NETWORK, family.destinationOffset, family.addressBytes, 0)
          .compare(OP_OTHER, address);
    }

    /** Its destination is an address of this host. */
    public Rule destinationLocal() {
      begin("fib")
          .attributeBig(1, FIRST)
          .attributeBig(2, FIB_ADDRESS_TYPE)
          .attributeBig(3, FIB_DESTINATION);
      return end().compare(OP_EQUAL, native32(ADDRESS_LOCAL));
    }

    /** It belongs to a connection that goes both ways already, or to a failure of one. */
    public Rule established() {
      return tracked(TRACK_STATE, ESTABLISHED_OR_RELATED);
    }

    /** Its connection was redirected by {@link #redirect}, here or elsewhere. */
    public Rule redirected() {
      return tracked(TRACK_STATUS, REDIRECTED);
    }

    private Rule tracked(int key, int bits) {
      return load("ct", 2, key, 0).mask(native32(bits)).compare(OP_OTHER, new byte[4]);
    }

    /**
     * Its protocol and destination port are a key of a map; registers hold the map's data then.
     *
     * @param withAddress whether the key begins with its destination address
     */
    public Rule destinationPort(String map, boolean withAddress) {
      int register = 0;
      if (withAddress) {
        payload(PAYLOAD_NETWORK, family.destinationOffset, family.addressBytes, 0);
        register = family.addressBytes / 4;
      }
      load("meta", 2, META_PROTOCOL, register);
      payload(PAYLOAD_TRANSPORT, 2, 2, register + 1);
      begin("lookup").attribute(1, map).attributeBig(2, FIRST).attributeBig(3, FIRST);
      return end();
    }

    /** Sends the connection to the address and port that a map's data has given. */
    public Rule redirect() {
      begin("nat")
          .attributeBig(1, 1)
          .attributeBig(2, family.number)
          .attributeBig(3, FIRST)
          .attributeBig(5, FIRST + family.addressBytes / 4);
      return end();
    }

    /** Gives the connection the address of the interface it leaves by for its source. */
    public Rule masquerade() {
      begin("masq");
      return end();
    }

    /** Sends a copy out of an interface, to a neighbour there. */
    public Rule copy(byte[] neighbour, int link) {
      immediate(0, neighbour);
      immediate(4, native32(link));
      begin("dup").attributeBig(1, FIRST).attributeBig(2, FIRST + 4);
      return end();
    }

    private void immediate(int register, byte[] value) {
      begin("immediate").attributeBig(1, FIRST + register).open(2).attribute(1, value).close();
      end();
    }

    /**
     * The packet goes no further, and its sender is told that nobody listens at the port: in the
     * words of ICMP (RFC 792, type 3), or of ICMPv6 (RFC 4443, type 1).
     */
    public void refuse() {
      begin("reject")
          .attributeBig(1, REJECT_UNREACHABLE)
          .attribute8(2, family == Family.IPV4 ? 3 : 4);
      end();
    }

    /** The packet goes no further. */
    public void drop() {
      verdict(NF_DROP);
    }

    /** The chain has no more to say about it. */
    public void leave() {
      verdict(NFT_RETURN);
    }

    private void verdict(int code) {
      begin("immediate").attributeBig(1, 0).open(2).open(2).attributeBig(1, code).close().close();
      end();
    }
  }

  /** A key or value of {@code ifname}: 16 bytes, filled with zeros. */
  public static byte[] interfaceName(String name) {
    return ByteBuffer.allocate(INTERFACE_NAME_BYTES)
        .put(name.getBytes(StandardCharsets.UTF_8))
        .array();
  }

  private static byte[] native32(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(value).array();
  }

  private static byte[] ones(int prefix, int bytes) {
    byte[] mask = new byte[bytes];
    for (int bit = 0; bit < prefix; bit++) {
      mask[bit / 8] |= (byte) (0x80 >> (bit % 8));
    }
    return mask;
  }
}
