package dev.abode.engine.network;

import java.util.Locale;

/** What a port belongs to. */
public enum Protocol {
  TCP(6),
  UDP(17),
  SCTP(132);

  private final int number;

  Protocol(int number) {
    this.number = number;
  }

  /** As in the header of a packet, netinet/in.h. */
  public int number() {
    return number;
  }

  /** Docker's word: {@code tcp}, {@code udp}, {@code sctp}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads Docker's word.
   *
   * @throws IllegalArgumentException for any other
   */
  public static Protocol parse(String word) {
    for (Protocol protocol : values()) {
      if (protocol.word().equals(word.toLowerCase(Locale.ROOT))) {
        return protocol;
      }
    }
    throw new IllegalArgumentException("invalid proto: " + word);
  }
}
