package dev.abode.engine.record;

import java.security.SecureRandom;
import java.util.HexFormat;

/** IDs of instances, networks, volumes and sessions: 64 hex digits. */
public final class RandomId {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BYTES = 32;

  private RandomId() {}

  /** One that nothing has yet. */
  public static String next() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
