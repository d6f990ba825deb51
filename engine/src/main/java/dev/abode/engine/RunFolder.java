package dev.abode.engine;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Which run folder belongs to a root folder: short, since a socket's path has at most 107 bytes.
 */
final class RunFolder {
  private static final Path BASE = Path.of("/run/abode");

  private RunFolder() {}

  static Path of(Path root) {
    Path absolute = root.toAbsolutePath().normalize();
    if (absolute.equals(EngineOptions.DEFAULT_ROOT)) {
      return BASE;
    }
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(absolute.toString().getBytes(StandardCharsets.UTF_8));
      return BASE.resolve(HexFormat.of().formatHex(hash, 0, 6));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
