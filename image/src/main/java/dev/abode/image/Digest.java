package dev.abode.image;

import java.util.regex.Pattern;

/**
 * The digest of a blob as it is stored and transferred, OCI image-spec "Digests": {@code sha256:<64
 * hex>} or {@code sha512:<128 hex>}. Nothing else is accepted, so that a digest is always safe as a
 * file name. The digest of an <em>uncompressed</em> layer is a {@link DiffId}.
 */
public record Digest(String algorithm, String hex) {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SHA512 = Pattern.compile("[0-9a-f]{128}");

  public Digest {
    boolean valid =
        switch (algorithm) {
          case "sha256" -> SHA256.matcher(hex).matches();
          case "sha512" -> SHA512.matcher(hex).matches();
          default -> false;
        };
    if (!valid) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "\""
              + shortened(algorithm + ":" + hex)
              + "\" is not a digest: expected sha256: and 64 lower-case hex digits");
    }
  }

  /**
   * Parses {@code algorithm:hex}.
   *
   * @throws ImageException of kind INVALID_ARGUMENT for any other form
   */
  public static Digest parse(String text) {
    int colon = text.indexOf(':');
    return colon < 0
        ? new Digest("", text)
        : new Digest(text.substring(0, colon), text.substring(colon + 1));
  }

  private static String shortened(String text) {
    return text.length() <= 160 ? text : text.substring(0, 160) + "…";
  }

  @Override
  public String toString() {
    return algorithm + ":" + hex;
  }
}
