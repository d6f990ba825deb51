package dev.abode.engine.network;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * An IPv4 or IPv6 address, without a zone. Ordered by family, then by number.
 *
 * @param high the upper 64 bits, 0 for IPv4
 * @param low the lower 64 bits
 */
public record IpAddress(Family family, long high, long low) implements Comparable<IpAddress> {

  /** The version of the Internet Protocol. */
  public enum Family {
    IPV4(32),
    IPV6(128);

    private final int bits;

    Family(int bits) {
      this.bits = bits;
    }

    /** The length of an address. */
    public int bits() {
      return bits;
    }

    /** {@code 0.0.0.0} or {@code ::}, which stand for every address of the host. */
    public IpAddress any() {
      return new IpAddress(this, 0, 0);
    }
  }

  public IpAddress {
    if (family == Family.IPV4 && (high != 0 || low >>> 32 != 0)) {
      throw new IllegalArgumentException("an IPv4 address has 32 bits");
    }
  }

  /**
   * Reads {@code 192.0.2.1} or {@code 2001:db8::1}; never asks a name server.
   *
   * @throws IllegalArgumentException when it is neither
   */
  public static IpAddress parse(String text) {
    try {
      // The JDK takes BSD's forms as well, with fewer numbers.
      if (text.indexOf(':') < 0 && !text.matches("[0-9]+(\\.[0-9]+){3}")) {
        throw new IllegalArgumentException("not four numbers");
      }
      InetAddress address = InetAddress.ofLiteral(text);
      if (address instanceof Inet6Address six && six.getScopeId() != 0) {
        throw new IllegalArgumentException("invalid IP address: " + text + " has a zone");
      }
      return of(address);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("invalid IP address: \"" + text + '"', e);
    }
  }

  /** The same address, without the zone it may have. */
  public static IpAddress of(InetAddress address) {
    return ofBytes(address.getAddress());
  }

  /** An address in network order, 4 or 16 bytes. */
  public static IpAddress ofBytes(byte[] bytes) {
    return switch (bytes.length) {
      case 4 -> new IpAddress(Family.IPV4, 0, number(bytes, 0, 4));
      case 16 -> new IpAddress(Family.IPV6, number(bytes, 0, 8), number(bytes, 8, 8));
      default -> throw new IllegalArgumentException("an IP address of " + bytes.length + " bytes");
    };
  }

  private static long number(byte[] bytes, int from, int count) {
    long number = 0;
    for (int i = from; i < from + count; i++) {
      number = (number << 8) | (bytes[i] & 0xff);
    }
    return number;
  }

  /** In network order. */
  public byte[] bytes() {
    byte[] bytes = new byte[family.bits / 8];
    for (int i = 0; i < bytes.length; i++) {
      int fromRight = bytes.length - 1 - i;
      bytes[i] = (byte) (fromRight >= 8 ? high >>> (8 * (fromRight - 8)) : low >>> (8 * fromRight));
    }
    return bytes;
  }

  public InetAddress toInetAddress() {
    try {
      return InetAddress.getByAddress(bytes());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("4 or 16 bytes are an address", e);
    }
  }

  /**
   * The address {@code offset} above this one.
   *
   * @throws IllegalArgumentException when there is none
   */
  public IpAddress plus(long offset) {
    if (offset < 0) {
      throw new IllegalArgumentException("a negative offset: " + offset);
    }
    long sum = low + offset;
    long carry = Long.compareUnsigned(sum, low) < 0 ? 1 : 0;
    return new IpAddress(family, high + carry, sum);
  }

  public boolean isIpv4() {
    return family == Family.IPV4;
  }

  /** Whether it stands for every address of the host. */
  public boolean isAny() {
    return high == 0 && low == 0;
  }

  public boolean isLoopback() {
    return toInetAddress().isLoopbackAddress();
  }

  @Override
  public int compareTo(IpAddress other) {
    int byFamily = family.compareTo(other.family);
    if (byFamily != 0) {
      return byFamily;
    }
    int byHigh = Long.compareUnsigned(high, other.high);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
  }

  /** RFC 5952 for IPv6: the longest run of zeros is left out. */
  @Override
  public String toString() {
    if (isIpv4()) {
      return toInetAddress().getHostAddress();
    }
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = (int) ((i < 4 ? high >>> (16 * (3 - i)) : low >>> (16 * (7 - i))) & 0xffff);
    }
    int best = 0;
    int bestLength = 0;
    for (int i = 0; i < 8; i++) {
      int length = 0;
      while (i + length < 8 && groups[i + length] == 0) {
        length++;
      }
      if (length > bestLength) {
        best = i;
        bestLength = length;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (bestLength > 1 && i == best) {
        text.append("::");
        i += bestLength - 1;
        continue;
      }
      if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString(groups[i]));
    }
    return text.toString();
  }
}
