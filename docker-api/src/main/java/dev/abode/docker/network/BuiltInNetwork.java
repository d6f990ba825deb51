package dev.abode.docker.network;

import dev.abode.engine.instance.NetworkMode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A network that needs no making.
 *
 * @param id the same on every machine
 * @param driver Docker's word for its kind
 */
public record BuiltInNetwork(String name, String id, String driver) {
  public static final BuiltInNetwork NONE = new BuiltInNetwork("none", idOf("none"), "null");
  public static final BuiltInNetwork HOST = new BuiltInNetwork("host", idOf("host"), "host");

  static final List<BuiltInNetwork> ALL = List.of(HOST, NONE);

  /** The network an instance is in; absent when it shares that of another one. */
  public static Optional<BuiltInNetwork> of(NetworkMode mode) {
    return switch (mode) {
      case NetworkMode.None _, NetworkMode.Unspecified _ -> Optional.of(NONE);
      case NetworkMode.Host _ -> Optional.of(HOST);
      case NetworkMode.Instance _, NetworkMode.Bridged _ -> Optional.empty();
    };
  }

  private static String idOf(String name) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(("network " + name).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
