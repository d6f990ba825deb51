package dev.abode.image.registry;

import dev.abode.image.Descriptor;
import dev.abode.image.Platform;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** An image of layers whose bytes mean nothing: transfer does not look into them. */
record SampleImage(Descriptor manifest, Descriptor config, List<Descriptor> layers) {
  static final String LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";
  static final String CONFIG = "application/vnd.oci.image.config.v1+json";

  /** Makes one with layers of these sizes; the same sizes give the same bytes. */
  static SampleImage in(FolderStore store, int... layerBytes) throws IOException {
    List<Descriptor> layers = new ArrayList<>();
    for (int size : layerBytes) {
      byte[] content = new byte[size];
      new Random(size).nextBytes(content);
      layers.add(store.put(LAYER, new ByteArrayInputStream(content), size));
    }
    Descriptor config =
        store.put(
            CONFIG,
            "{\"os\":\"linux\",\"architecture\":\"%s\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"
                .formatted(Platform.host().architecture()));
    return new SampleImage(
        store.put(MediaTypes.OCI_MANIFEST, manifest(config, layers)), config, layers);
  }

  /** The manifest's text. */
  static String manifest(Descriptor config, List<Descriptor> layers) {
    return "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s]}"
        .formatted(
            MediaTypes.OCI_MANIFEST,
            json(config),
            layers.stream().map(SampleImage::json).collect(Collectors.joining(",")));
  }

  private static String json(Descriptor descriptor) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
        .formatted(descriptor.mediaType(), descriptor.digest(), descriptor.sizeBytes());
  }
}
