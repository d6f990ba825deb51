package dev.abode.image;

import java.util.Map;
import java.util.Optional;

/**
 * A pointer to content, OCI "Content Descriptors".
 *
 * @param mediaType as the pointing document says; judged by the reader, never trusted
 * @param digest of the content
 * @param sizeBytes of the content, 0 or more
 * @param platform in an index, what the manifest is for
 */
public record Descriptor(
    String mediaType,
    Digest digest,
    long sizeBytes,
    Optional<Platform> platform,
    Map<String, String> annotations) {
  public Descriptor {
    annotations = Map.copyOf(annotations);
    if (sizeBytes < 0) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "the descriptor of " + digest + " claims a size of " + sizeBytes + " bytes");
    }
  }

  public Descriptor(String mediaType, Digest digest, long sizeBytes) {
    this(mediaType, digest, sizeBytes, Optional.empty(), Map.of());
  }
}
