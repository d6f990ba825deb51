package dev.abode.image;

import java.util.List;

/**
 * An image in the store.
 *
 * @param id digest of its configuration, which Docker shows as the image ID
 * @param manifest the manifest as stored
 * @param references names given to it, tags and digests, in order of name
 * @param layers compressed layers as the manifest lists them, lowest first; as many as {@link
 *     ImageConfig#layers}
 * @param sizeBytes of all layers unpacked, or as transferred while they are not unpacked
 */
public record Image(
    Digest id,
    Descriptor manifest,
    List<Reference> references,
    ImageConfig config,
    List<Descriptor> layers,
    long sizeBytes) {
  public Image {
    references = List.copyOf(references);
    layers = List.copyOf(layers);
  }
}
