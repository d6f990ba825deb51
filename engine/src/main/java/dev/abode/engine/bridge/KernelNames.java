package dev.abode.engine.bridge;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What an engine's things in the kernel are called: names that no other engine of this host has, as
 * they begin with a digest of its root folder. An interface's name has at most 15 characters.
 *
 * @param tag five hex digits
 */
record KernelNames(String tag) {

  /** Those of the engine on that root folder. */
  static KernelNames of(Path root) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(root.toString().getBytes(StandardCharsets.UTF_8));
      return new KernelNames(HexFormat.of().formatHex(digest).substring(0, 5));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The table of packet filter rules. */
  String table() {
    return "abode-" + tag;
  }

  /** The host's end of an instance's interface. */
  String port(String endpointId) {
    return "v" + tag + "." + endpointId.substring(0, 8);
  }

  boolean isPort(String name) {
    return name.startsWith("v" + tag + ".");
  }

  /** A further bridge of a network that outgrew its first one; its trunk's ends begin alike. */
  String segment(String networkId, int number) {
    return "s" + tag + "." + networkId.substring(0, 6) + HexFormat.of().toHexDigits((byte) number);
  }

  boolean isSegment(String name) {
    return name.startsWith("s" + tag + ".");
  }

  /** Whether that is an end of a trunk, and if so, of the segment of which name. */
  Optional<String> segmentOfTrunk(String name) {
    boolean trunk = name.startsWith("t" + tag + ".") || name.startsWith("u" + tag + ".");
    return trunk ? Optional.of("s" + name.substring(1)) : Optional.empty();
  }

  /** The end of a trunk at the network's first bridge. */
  String trunk(String segment) {
    return "t" + segment.substring(1);
  }

  /** The other end of a trunk. */
  String trunkEnd(String segment) {
    return "u" + segment.substring(1);
  }

  /** Where admitted packets for published ports leave, to come in again at {@link #reentry}. */
  String exit() {
    return "b" + tag + ".out";
  }

  /** Where admitted packets for published ports come in. */
  String reentry() {
    return "b" + tag + ".in";
  }
}
