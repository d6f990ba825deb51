package dev.abode.engine.network;

import java.util.HexFormat;

/** The address of an interface on its link, 48 bits. */
public record MacAddress(long bits) {
  private static final HexFormat COLONS = HexFormat.ofDelimiter(":");

  public MacAddress {
    if (bits >>> 48 != 0) {
      throw new IllegalArgumentException("a MAC address has 48 bits");
    }
  }

  /**
   * Reads {@code 02:42:ac:11:00:02}.
   *
   * @throws IllegalArgumentException when it is none, or one of many interfaces
   */
  public static MacAddress parse(String text) {
    if (!text.matches("[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")) {
      throw new IllegalArgumentException("invalid MAC address: \"" + text + '"');
    }
    MacAddress address =
        new MacAddress(HexFormat.fromHexDigitsToLong(text.replace(":", "").replace("-", "")));
    if (((address.bits >>> 40) & 1) != 0) {
      throw new IllegalArgumentException(
          "invalid MAC address: " + text + " is a group's, not one interface's");
    }
    return address;
  }

  /** In the order of transmission, 6 bytes. */
  public byte[] bytes() {
    byte[] bytes = new byte[6];
    for (int i = 0; i < 6; i++) {
      bytes[i] = (byte) (bits >>> (8 * (5 - i)));
    }
    return bytes;
  }

  @Override
  public String toString() {
    return COLONS.formatHex(bytes());
  }
}
