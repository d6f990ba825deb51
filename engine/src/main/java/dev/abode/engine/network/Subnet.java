package dev.abode.engine.network;

/**
 * A range of addresses with a common beginning, RFC 4632.
 *
 * @param address the first of them; the bits beyond the prefix are cleared
 * @param prefix how many bits they have in common
 */
public record Subnet(IpAddress address, int prefix) {

  public Subnet {
    if (prefix < 0 || prefix > address.family().bits()) {
      throw new IllegalArgumentException("a prefix of " + prefix + " bits does not fit " + address);
    }
    address = masked(address, prefix);
  }

  /**
   * Reads {@code 192.0.2.0/24} or {@code 2001:db8::/64}.
   *
   * @throws IllegalArgumentException when it is neither
   */
  public static Subnet parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException(
          "invalid subnet: \"" + text + "\" is not written ADDRESS/BITS");
    }
    try {
      return new Subnet(
          IpAddress.parse(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("invalid subnet: \"" + text + '"', e);
    }
  }

  private static IpAddress masked(IpAddress address, int prefix) {
    int zeros = address.family().bits() - prefix;
    long low = zeros >= 64 ? 0 : address.low() & (-1L << zeros);
    long high =
        zeros <= 64 ? address.high() : zeros >= 128 ? 0 : address.high() & (-1L << (zeros - 64));
    return new IpAddress(address.family(), high, low);
  }

  public IpAddress.Family family() {
    return address.family();
  }

  public boolean contains(IpAddress other) {
    return other.family() == family() && masked(other, prefix).equals(address);
  }

  /** Whether every address of {@code other} is one of these. */
  public boolean contains(Subnet other) {
    return other.prefix >= prefix && contains(other.address);
  }

  public boolean overlaps(Subnet other) {
    return contains(other) || other.contains(this);
  }

  /** How many addresses there are, 2^62 at most. */
  public long size() {
    return 1L << Math.min(62, family().bits() - prefix);
  }

  /** The last address; of IPv4 the one that reaches all. */
  public IpAddress last() {
    int ones = family().bits() - prefix;
    long low = ones >= 64 ? -1L : address.low() | ((1L << ones) - 1);
    long high =
        ones <= 64
            ? address.high()
            : ones >= 128 ? -1L : address.high() | ((1L << (ones - 64)) - 1);
    return family() == IpAddress.Family.IPV4
        ? new IpAddress(family(), 0, low & 0xffff_ffffL)
        : new IpAddress(family(), high, low);
  }

  @Override
  public String toString() {
    return address + "/" + prefix;
  }
}
