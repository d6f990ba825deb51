package dev.abode.image;

/** The digest of a layer's uncompressed tar, OCI image-spec "Layer DiffID". */
public record DiffId(Digest digest) {

  /** Parses {@code sha256:hex}. */
  public static DiffId parse(String text) {
    return new DiffId(Digest.parse(text));
  }

  @Override
  public String toString() {
    return digest.toString();
  }
}
