package dev.abode.image.registry;

import dev.abode.image.Descriptor;
import dev.abode.image.Digest;
import dev.abode.image.ImageException;
import dev.abode.image.Platform;
import java.util.List;
import java.util.Optional;

/** What a registry keeps under a name: one image's manifest, or an index of several. */
sealed interface Document {
  /** No honest manifest is larger; distribution-spec "Pushing Manifests" asks for this much. */
  int MAX_BYTES = 4 * 1024 * 1024;

  /** The media type it turned out to be. */
  String mediaType();

  /**
   * One image.
   *
   * @param layers lowest first
   */
  record Manifest(String mediaType, Descriptor config, List<Descriptor> layers)
      implements Document {
    public Manifest {
      layers = List.copyOf(layers);
    }
  }

  /** Images for several platforms, each a manifest or a further index. */
  record Index(String mediaType, List<Descriptor> manifests) implements Document {
    public Index {
      manifests = List.copyOf(manifests);
    }
  }

  /**
   * Reads and judges a document.
   *
   * @param declaredType what the sender or a descriptor says it is; empty if nothing
   * @param what it is, for the message
   * @throws ImageException of kind INVALID_ARGUMENT for what is neither or both (CVE-2021-41190),
   *     UNSUPPORTED for Docker's schema 1
   */
  static Document read(byte[] bytes, String declaredType, String what) {
    Wire.Manifest wire = Wire.read(Wire.Manifest.class, bytes, what);
    if (wire.schemaVersion() == 1
        || !wire.fsLayers().isEmpty()
        || MediaTypes.isSchema1(wire.mediaType())
        || MediaTypes.isSchema1(declaredType)) {
      throw new ImageException(
          ImageException.Kind.UNSUPPORTED,
          what
              + " is in Docker's image format schema 1, which was given up in 2020 as it has no"
              + " content digests; rebuild the image, or push it again with a present tool");
    }
    boolean declaredIndex = MediaTypes.isIndex(declaredType);
    boolean declaredManifest = MediaTypes.isManifest(declaredType);
    boolean contradiction =
        (declaredIndex || declaredManifest)
            && !wire.mediaType().isEmpty()
            && !wire.mediaType().equals(declaredType);
    boolean looksIndex = !wire.manifests().isEmpty();
    boolean looksManifest = !wire.config().absent() || !wire.layers().isEmpty();
    if (contradiction || (looksIndex && looksManifest)) {
      throw invalid(
          what
              + " can be read as a manifest and as an index (sent as \""
              + printable(declaredType)
              + "\", calls itself \""
              + printable(wire.mediaType())
              + "\"), so two readers would see two images; it is refused");
    }
    String type = wire.mediaType().isEmpty() ? declaredType : wire.mediaType();
    if (MediaTypes.isIndex(type) ? looksManifest : MediaTypes.isManifest(type) && looksIndex) {
      throw invalid(what + " calls itself " + type + " and has the content of the other kind");
    }
    if (MediaTypes.isIndex(type) || looksIndex) {
      return new Index(
          MediaTypes.isIndex(type) ? type : MediaTypes.OCI_INDEX,
          wire.manifests().stream().map(content -> descriptor(content, what)).toList());
    }
    if (!looksManifest) {
      throw invalid(what + " is neither an image's manifest nor an index");
    }
    return new Manifest(
        MediaTypes.isManifest(type) ? type : MediaTypes.OCI_MANIFEST,
        descriptor(wire.config(), what),
        wire.layers().stream().map(content -> descriptor(content, what)).toList());
  }

  private static Descriptor descriptor(Wire.Content content, String what) {
    Digest digest;
    try {
      digest = Digest.parse(content.digest());
    } catch (ImageException e) {
      throw new ImageException(
          e.kind(), what + " refers to something strange: " + printable(Reply.words(e)), e);
    }
    if (content.size() < 0) {
      throw invalid(what + " gives no size for " + digest);
    }
    return new Descriptor(
        printable(content.mediaType()),
        digest,
        content.size(),
        platform(content.platform()),
        content.annotations());
  }

  private static Optional<Platform> platform(Wire.Target wire) {
    if (wire.os().isEmpty() || wire.architecture().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Platform(
            printable(wire.os()),
            printable(wire.architecture()),
            Optional.of(printable(wire.variant())).filter(variant -> !variant.isEmpty())));
  }

  private static ImageException invalid(String message) {
    return new ImageException(ImageException.Kind.INVALID_ARGUMENT, message);
  }

  /** What others wrote, fit for a terminal: one line, no control characters, at most 300. */
  static String printable(String text) {
    String line = text.replaceAll("\\p{Cntrl}+", " ").strip();
    return line.length() <= 300 ? line : line.substring(0, 300) + "…";
  }
}
