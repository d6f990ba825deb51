package dev.abode.image;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes OCI manifests, in one order of fields, so that the same content has the same digest. */
final class ManifestWriter {
  private ManifestWriter() {}

  /** The manifest of an image. */
  static byte[] write(Descriptor config, List<Descriptor> layers) {
    Map<String, Object> manifest = new LinkedHashMap<>();
    manifest.put("schemaVersion", 2);
    manifest.put("mediaType", Manifest.OCI_MANIFEST);
    manifest.put("config", descriptor(config));
    manifest.put("layers", layers.stream().map(ManifestWriter::descriptor).toList());
    return JsonObject.write(manifest);
  }

  static Map<String, Object> descriptor(Descriptor descriptor) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("mediaType", descriptor.mediaType());
    map.put("digest", descriptor.digest().toString());
    map.put("size", descriptor.sizeBytes());
    if (!descriptor.annotations().isEmpty()) {
      map.put("annotations", descriptor.annotations());
    }
    descriptor
        .platform()
        .ifPresent(
            platform -> {
              Map<String, Object> p = new LinkedHashMap<>();
              p.put("architecture", platform.architecture());
              p.put("os", platform.os());
              platform.variant().ifPresent(variant -> p.put("variant", variant));
              map.put("platform", p);
            });
    return map;
  }

  /** The media type of a layer so packed. */
  static String layerType(Compression compression) {
    return switch (compression) {
      case NONE -> Manifest.OCI_LAYER;
      case GZIP -> Manifest.OCI_LAYER + "+gzip";
      case ZSTD -> Manifest.OCI_LAYER + "+zstd";
    };
  }
}
