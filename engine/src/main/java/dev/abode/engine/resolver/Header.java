package dev.abode.engine.resolver;

/** The twelve bytes every message begins with: RFC 1035 section 4.1.1. */
final class Header {
  static final int BYTES = 12;

  /** Bits of the second 16-bit word. */
  static final int RESPONSE = 0x8000;

  static final int AUTHORITATIVE = 0x0400;
  static final int TRUNCATED = 0x0200;
  static final int RECURSION_DESIRED = 0x0100;
  static final int RECURSION_AVAILABLE = 0x0080;
  static final int CHECKING_DISABLED = 0x0010;

  private static final int OPCODE = 0x7800;

  private Header() {}

  static int word(byte[] message, int at) {
    return ((message[at] & 0xff) << 8) | (message[at + 1] & 0xff);
  }

  static void word(byte[] message, int at, int value) {
    message[at] = (byte) (value >> 8);
    message[at + 1] = (byte) value;
  }

  static int id(byte[] message) {
    return word(message, 0);
  }

  static int flags(byte[] message) {
    return word(message, 2);
  }

  static int questions(byte[] message) {
    return word(message, 4);
  }

  static boolean isResponse(byte[] message) {
    return (flags(message) & RESPONSE) != 0;
  }

  static boolean isTruncated(byte[] message) {
    return (flags(message) & TRUNCATED) != 0;
  }

  /** The kind of request, still in its place among the flags; 0 is an ordinary query. */
  static int opcode(byte[] message) {
    return flags(message) & OPCODE;
  }

  static int responseCode(byte[] message) {
    return flags(message) & 0xf;
  }
}
