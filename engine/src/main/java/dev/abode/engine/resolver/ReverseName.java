package dev.abode.engine.resolver;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** The names by which addresses are looked up: RFC 1035 section 3.5 and RFC 3596 section 2.5. */
final class ReverseName {
  private static final String IPV4 = ".in-addr.arpa";
  private static final String IPV6 = ".ip6.arpa";

  private ReverseName() {}

  /** The address that a name, in lower case, stands for; empty for any other name. */
  static Optional<InetAddress> parse(String name) {
    if (name.endsWith(IPV4)) {
      return address(name.substring(0, name.length() - IPV4.length()), 4, 3, 10);
    }
    if (name.endsWith(IPV6)) {
      return address(name.substring(0, name.length() - IPV6.length()), 32, 1, 16);
    }
    return Optional.empty();
  }

  private static Optional<InetAddress> address(String digits, int count, int width, int radix) {
    String[] parts = digits.split("\\.", -1);
    if (parts.length != count) {
      return Optional.empty();
    }
    int bitsEach = count == 4 ? 8 : 4;
    byte[] address = new byte[count * bitsEach / 8];
    for (int i = 0; i < count; i++) {
      int value = number(parts[count - 1 - i], width, radix);
      if (value < 0 || value >= 1 << bitsEach) {
        return Optional.empty();
      }
      int bit = i * bitsEach;
      address[bit / 8] |= (byte) (value << (8 - bitsEach - bit % 8));
    }
    try {
      return Optional.of(InetAddress.getByAddress(address));
    } catch (UnknownHostException e) {
      throw new AssertionError("an address has 4 or 16 bytes", e);
    }
  }

  private static int number(String text, int width, int radix) {
    if (text.isEmpty() || text.length() > width) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) < 0x80 ? Character.digit(text.charAt(i), radix) : -1;
      if (digit < 0) {
        return -1;
      }
      value = value * radix + digit;
    }
    return value;
  }
}
