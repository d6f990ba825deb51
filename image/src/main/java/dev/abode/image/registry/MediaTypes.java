package dev.abode.image.registry;

import java.util.List;
import java.util.Set;

/** The media types of images, OCI image-spec "Media Types" and Docker's of schema 2. */
final class MediaTypes {
  static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
  static final String DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
  static final String DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json";

  private static final Set<String> SCHEMA1 =
      Set.of(
          "application/vnd.docker.distribution.manifest.v1+json",
          "application/vnd.docker.distribution.manifest.v1+prettyjws");

  private static final Set<String> CONFIGS =
      Set.of(
          "application/vnd.oci.image.config.v1+json",
          "application/vnd.docker.container.image.v1+json",
          // What the first registries of schema 2 stored.
          "application/octet-stream");

  private static final Set<String> LAYERS =
      Set.of(
          "application/vnd.oci.image.layer.v1.tar",
          "application/vnd.oci.image.layer.v1.tar+gzip",
          "application/vnd.oci.image.layer.v1.tar+zstd",
          "application/vnd.docker.image.rootfs.diff.tar",
          "application/vnd.docker.image.rootfs.diff.tar.gzip",
          "application/vnd.docker.image.rootfs.diff.tar.zstd");

  private MediaTypes() {}

  /** All that this client takes for a manifest; one header each, as some registries read one. */
  static List<String> accepted() {
    return List.of(OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST);
  }

  static boolean isIndex(String type) {
    return type.equals(OCI_INDEX) || type.equals(DOCKER_INDEX);
  }

  static boolean isManifest(String type) {
    return type.equals(OCI_MANIFEST) || type.equals(DOCKER_MANIFEST);
  }

  static boolean isSchema1(String type) {
    return SCHEMA1.contains(type);
  }

  static boolean isConfig(String type) {
    return CONFIGS.contains(type);
  }

  static boolean isLayer(String type) {
    return LAYERS.contains(type);
  }

  /** Layers that a registry only points to: Windows' base layers. */
  static boolean isForeign(String type) {
    return type.contains(".foreign.") || type.contains(".nondistributable.");
  }
}
