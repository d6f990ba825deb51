package dev.abode.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Messages of {@code netlink(7)} being written one after another: {@code struct nlmsghdr}, the
 * family's own header, and attributes ({@code struct rtattr}) in attributes. In the machine's order
 * unless a method says otherwise.
 */
final class NetlinkMessage {
  // linux/netlink.h
  static final int HEADER_BYTES = 16;
  static final int NLM_F_REQUEST = 0x1;
  static final int NLM_F_ACK = 0x4;
  static final int NLM_F_DUMP = 0x300;
  static final int NLM_F_DUMP_INTR = 0x10;
  static final int NLM_F_EXCL = 0x200;
  static final int NLM_F_CREATE = 0x400;
  static final int NLM_F_APPEND = 0x800;
  static final int NLA_F_NESTED = 0x8000;
  static final int NLMSG_ERROR = 2;
  static final int NLMSG_DONE = 3;

  private ByteBuffer bytes = ByteBuffer.allocate(4096).order(ByteOrder.nativeOrder());
  private final Deque<Integer> nests = new ArrayDeque<>();
  private int start;
  private int count;

  /** Begins a message; it ends where the next one begins. */
  NetlinkMessage begin(int type, int flags) {
    end();
    start = bytes.position();
    count++;
    room(HEADER_BYTES);
    bytes.putInt(0).putShort((short) type).putShort((short) flags).putInt(count).putInt(0);
    return this;
  }

  /** Asks that the message begun last be acknowledged. */
  NetlinkMessage acknowledged() {
    int flags = start + 6;
    bytes.putShort(flags, (short) (bytes.getShort(flags) | NLM_F_ACK));
    return this;
  }

  /** How many messages there are; the first has number 1. */
  int count() {
    return count;
  }

  private void end() {
    if (count > 0) {
      pad();
      bytes.putInt(start, bytes.position() - start);
    }
  }

  private void room(int more) {
    if (bytes.remaining() < more + 4) {
      ByteBuffer larger =
          ByteBuffer.allocate(2 * (bytes.capacity() + more)).order(ByteOrder.nativeOrder());
      bytes.flip();
      bytes = larger.put(bytes);
    }
  }

  private void pad() {
    room(4);
    while (bytes.position() % 4 != 0) {
      bytes.put((byte) 0);
    }
  }

  NetlinkMessage u8(int value) {
    room(1);
    bytes.put((byte) value);
    return this;
  }

  NetlinkMessage u16(int value) {
    room(2);
    bytes.putShort((short) value);
    return this;
  }

  NetlinkMessage u32(int value) {
    room(4);
    bytes.putInt(value);
    return this;
  }

  NetlinkMessage attribute(int type, byte[] value) {
    pad();
    room(4 + value.length);
    bytes.putShort((short) (4 + value.length)).putShort((short) type).put(value);
    return this;
  }

  NetlinkMessage attribute(int type, int value) {
    return attribute(
        type, ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(value).array());
  }

  NetlinkMessage attribute8(int type, int value) {
    return attribute(type, new byte[] {(byte) value});
  }

  /** In network order, as netfilter's attributes are. */
  NetlinkMessage attributeBig(int type, int value) {
    return attribute(type, ByteBuffer.allocate(4).putInt(value).array());
  }

  /** NUL-terminated. */
  NetlinkMessage attribute(int type, String value) {
    return attribute(type, (value + '\0').getBytes(StandardCharsets.UTF_8));
  }

  /** Begins an attribute that holds attributes, up to {@link #close}. */
  NetlinkMessage open(int type) {
    pad();
    nests.push(bytes.position());
    return u16(0).u16(type | NLA_F_NESTED);
  }

  NetlinkMessage close() {
    pad();
    int at = nests.pop();
    bytes.putShort(at, (short) (bytes.position() - at));
    return this;
  }

  /**
   * All messages, ready to be sent.
   *
   * @param sequence number of the first; those of the others follow
   */
  ByteBuffer finished(int sequence) {
    end();
    int number = sequence;
    for (int at = 0; at < bytes.position(); at += (bytes.getInt(at) + 3) & ~3) {
      bytes.putInt(at + 8, number++);
    }
    return bytes.duplicate().order(ByteOrder.nativeOrder()).flip();
  }
}
