package dev.abode.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a manifest document says: OCI image-spec "Image Manifest" and "Image Index", and Docker's
 * schema 2 and manifest list, which have the same fields.
 *
 * <p>A document that could be read as both (it has layers and manifests, or a media type that
 * contradicts its fields) is refused: two readers would see two different images under one digest,
 * CVE-2021-41190.
 */
sealed interface Manifest {
  String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
  String OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
  String OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";
  String DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
  String DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";

  /** No honest manifest or configuration is larger, distribution-spec "Pushing Manifests". */
  int MOST_BYTES = 4 << 20;

  /** Layers of one image; overlayfs itself stops at 500. */
  int MOST_LAYERS = 500;

  /** One image. */
  record Single(String mediaType, Descriptor config, List<Descriptor> layers) implements Manifest {
    public Single {
      layers = List.copyOf(layers);
    }
  }

  /** A choice of images. */
  record Index(String mediaType, List<Descriptor> manifests) implements Manifest {
    public Index {
      manifests = List.copyOf(manifests);
    }

    /**
     * The manifest for {@code wanted}: the first that runs there, with the same variant if
     * possible.
     */
    Optional<Descriptor> choose(Platform wanted) {
      Optional<Descriptor> exact =
          manifests.stream()
              .filter(m -> m.platform().filter(wanted::equals).isPresent())
              .findFirst();
      return exact.isPresent()
          ? exact
          : manifests.stream()
              .filter(m -> m.platform().filter(p -> p.runsOn(wanted)).isPresent())
              .findFirst();
    }
  }

  /**
   * Reads a manifest.
   *
   * @param name what it is, for messages
   * @throws ImageException of kind INVALID_ARGUMENT when it is none, or ambiguous; UNSUPPORTED for
   *     schema 1; EXHAUSTED when it has too many layers
   */
  static Manifest parse(byte[] json, String name) {
    JsonObject document = JsonObject.parse(json, name);
    if (document.has("fsLayers") || document.number("schemaVersion").orElse(2L) == 1) {
      throw new ImageException(
          ImageException.Kind.UNSUPPORTED,
          name
              + " is of Docker's schema 1, which has no digests to trust; push the image again with"
              + " any Docker since 1.10, or copy it with a current tool");
    }
    String mediaType = document.text("mediaType").orElse("");
    boolean isIndex = document.has("manifests");
    boolean isSingle = document.has("layers") || document.has("config");
    if (isIndex && isSingle) {
      throw invalid(name + " is a manifest and an index at once; such a document means two images");
    }
    boolean saysIndex = mediaType.equals(OCI_INDEX) || mediaType.equals(DOCKER_LIST);
    boolean saysSingle = mediaType.equals(OCI_MANIFEST) || mediaType.equals(DOCKER_MANIFEST);
    if (isIndex ? saysSingle : saysIndex) {
      throw invalid(name + " says it is a " + mediaType + ", but has the fields of the other kind");
    }
    if (!mediaType.isEmpty() && !saysIndex && !saysSingle) {
      throw new ImageException(
          ImageException.Kind.UNSUPPORTED, name + " is of the unknown kind \"" + mediaType + "\"");
    }
    if (isIndex) {
      return new Index(
          mediaType.isEmpty() ? OCI_INDEX : mediaType, descriptors(document, "manifests", name));
    }
    if (!document.has("config")) {
      throw invalid(name + " has neither layers nor manifests");
    }
    List<Descriptor> layers = descriptors(document, "layers", name);
    if (layers.size() > MOST_LAYERS) {
      throw new ImageException(
          ImageException.Kind.EXHAUSTED,
          name + " lists " + layers.size() + " layers; at most " + MOST_LAYERS + " can be stacked");
    }
    JsonObject config = document.object("config").orElseThrow();
    return new Single(
        mediaType.isEmpty() ? OCI_MANIFEST : mediaType, descriptor(config, name), layers);
  }

  private static List<Descriptor> descriptors(JsonObject document, String field, String name) {
    List<Descriptor> all = new ArrayList<>();
    for (JsonObject each : document.objects(field)) {
      all.add(descriptor(each, name));
    }
    return all;
  }

  private static Descriptor descriptor(JsonObject object, String name) {
    Optional<Platform> platform =
        object
            .object("platform")
            .filter(p -> p.has("os") && p.has("architecture"))
            .map(
                p ->
                    new Platform(
                        p.required("os"),
                        p.required("architecture"),
                        p.text("variant").filter(v -> !v.isEmpty())));
    return new Descriptor(
        object.text("mediaType").orElse(""),
        Digest.parse(object.required("digest")),
        object
            .number("size")
            .orElseThrow(() -> invalid(name + " points to content without saying its size")),
        platform,
        object.textMap("annotations"));
  }

  private static ImageException invalid(String message) {
    return new ImageException(ImageException.Kind.INVALID_ARGUMENT, message);
  }
}
