package dev.abode.engine.network;

import java.util.ArrayList;
import java.util.List;

/**
 * A port of an instance.
 *
 * @param number 1 to 65,535
 */
public record Port(int number, Protocol protocol) implements Comparable<Port> {
  public Port {
    if (number < 1 || number > 65_535) {
      throw new IllegalArgumentException("invalid port: " + number + " is not in 1..65535");
    }
  }

  /**
   * Reads {@code 80/tcp}; without a protocol it is TCP's.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static Port parse(String text) {
    int slash = text.indexOf('/');
    String number = slash < 0 ? text : text.substring(0, slash);
    try {
      return new Port(
          Integer.parseInt(number),
          slash < 0 ? Protocol.TCP : Protocol.parse(text.substring(slash + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("invalid port: \"" + text + '"', e);
    }
  }

  /**
   * Reads {@code 80/tcp}, or several as {@code 80-82/tcp}.
   *
   * @throws IllegalArgumentException when it is neither
   */
  public static List<Port> parseRange(String text) {
    int slash = text.indexOf('/');
    String protocol = slash < 0 ? "" : text.substring(slash);
    String numbers = slash < 0 ? text : text.substring(0, slash);
    int dash = numbers.indexOf('-');
    if (dash < 0) {
      return List.of(parse(text));
    }
    Port first = parse(numbers.substring(0, dash) + protocol);
    Port last = parse(numbers.substring(dash + 1) + protocol);
    if (last.number < first.number) {
      throw new IllegalArgumentException("invalid range of ports: \"" + text + '"');
    }
    List<Port> ports = new ArrayList<>();
    for (int number = first.number; number <= last.number; number++) {
      ports.add(new Port(number, first.protocol));
    }
    return ports;
  }

  @Override
  public int compareTo(Port other) {
    int byNumber = Integer.compare(number, other.number);
    return byNumber != 0 ? byNumber : protocol.compareTo(other.protocol);
  }

  @Override
  public String toString() {
    return number + "/" + protocol.word();
  }
}
