package dev.abode.image.registry;

import dev.abode.image.BlobStore;
import dev.abode.image.Descriptor;
import dev.abode.image.Digest;
import dev.abode.image.ImageException;
import dev.abode.image.Platform;
import dev.abode.image.Progress;
import dev.abode.image.Reference;
import dev.abode.image.Registries;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.util.List;
import java.util.Optional;

/**
 * What one source says a name stands for, down from an index to one platform's manifest. The
 * documents end up in the store, so that the next pull of an unchanged name asks for its digest
 * only.
 */
record Resolution(Session source, Reference reference, BlobStore store, RetryPolicy patience) {
  /** An index within an index within an index is nobody's honest image. */
  private static final int DEEPEST_INDEX = 3;

  /**
   * Resolves.
   *
   * @param platform of an index that of this machine if empty; an image that has none to choose
   *     from must be for it only if it was asked for
   */
  Registries.RemoteImage resolve(Optional<Platform> platform) throws IOException {
    Platform wanted = platform.orElseGet(Platform::host);
    Descriptor top = top();
    Descriptor current = top;
    for (int depth = 0; depth <= DEEPEST_INDEX; depth++) {
      String what =
          depth == 0 ? reference.familiar() : reference.familiar() + " (" + current.digest() + ")";
      byte[] bytes = stored(current, what);
      switch (Document.read(bytes, current.mediaType(), "the manifest of " + what)) {
        case Document.Index index ->
            current = PlatformChoice.choose(index.manifests(), wanted, reference.familiar());
        case Document.Manifest manifest -> {
          requireUsable(manifest);
          if (depth == 0 && platform.isPresent()) {
            requirePlatform(manifest.config(), wanted);
          }
          Descriptor judged =
              new Descriptor(manifest.mediaType(), current.digest(), current.sizeBytes());
          return new Registries.RemoteImage(
              reference, top.digest(), judged, manifest.config(), manifest.layers());
        }
      }
    }
    throw new ImageException(
        ImageException.Kind.INVALID_ARGUMENT,
        "the index of "
            + reference.familiar()
            + " leads to indexes more than "
            + DEEPEST_INDEX
            + " deep; it is refused");
  }

  /** The document the name stands for; asked for only if it is not here already. */
  private Descriptor top() throws IOException {
    String path = Manifests.pathOf(reference);
    String name = reference.familiar();
    Manifests manifests = new Manifests(source);
    Optional<Digest> digest =
        patience.runIfReachable(() -> manifests.digest(path, name), this::unavailable);
    Optional<Digest> expected = reference.digest().or(() -> digest);
    Optional<Long> here = expected.flatMap(store::size);
    if (here.isPresent()) {
      return new Descriptor("", expected.orElseThrow(), here.get());
    }
    Manifests.Fetched fetched =
        patience.run(
            () -> manifests.fetch(expected.map(Digest::toString).orElse(path), expected, name),
            this::unavailable);
    return keep(fetched);
  }

  private Descriptor keep(Manifests.Fetched fetched) throws IOException {
    byte[] bytes = fetched.bytes().toArray();
    // Judged before it is stored, so that a contradiction between sender and content is seen.
    Document document =
        Document.read(bytes, fetched.mediaType(), "the manifest of " + reference.familiar());
    store.put(fetched.digest(), bytes.length, new ByteArrayInputStream(bytes));
    return new Descriptor(document.mediaType(), fetched.digest(), bytes.length);
  }

  private byte[] stored(Descriptor document, String what) throws IOException {
    if (document.sizeBytes() > Document.MAX_BYTES) {
      throw new ImageException(
          ImageException.Kind.EXHAUSTED,
          "the manifest of "
              + what
              + " has "
              + document.sizeBytes()
              + " bytes; more than "
              + Document.MAX_BYTES
              + " are not taken");
    }
    if (store.size(document.digest()).isEmpty()) {
      Manifests manifests = new Manifests(source);
      Manifests.Fetched fetched =
          patience.run(
              () ->
                  manifests.fetch(
                      document.digest().toString(), Optional.of(document.digest()), what),
              this::unavailable);
      requireSize(document, fetched.bytes().length(), what);
      keep(fetched);
    }
    try (InputStream in = Channels.newInputStream(store.open(document.digest()))) {
      return in.readNBytes(Document.MAX_BYTES);
    }
  }

  private static void requireSize(Descriptor document, int actual, String what) {
    if (document.sizeBytes() != actual) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "the manifest of "
              + what
              + " has "
              + actual
              + " bytes where its index says "
              + document.sizeBytes()
              + "; it is refused");
    }
  }

  /** Without an index only the configuration tells what an image is for. */
  private void requirePlatform(Descriptor config, Platform wanted) throws IOException {
    String name = reference.familiar();
    if (store.size(config.digest()).isEmpty()) {
      Meter silent = new Meter(Progress.NONE, "", config.sizeBytes());
      new BlobDownload(List.of(source), config, store, patience, silent, "configuration of " + name)
          .run();
    }
    Optional<Platform> actual =
        Inspection.platform(stored(config, name), "the configuration of " + name);
    if (actual.isPresent() && !PlatformChoice.suits(actual.get(), wanted)) {
      throw new ImageException(
          ImageException.Kind.NOT_FOUND,
          "image with reference "
              + name
              + " was found but its platform ("
              + actual.get()
              + ") does not match the specified platform ("
              + wanted
              + "), and it has no other; leave --platform out to take it all the same");
    }
  }

  private void requireUsable(Document.Manifest manifest) {
    String name = reference.familiar();
    if (!MediaTypes.isConfig(manifest.config().mediaType())) {
      throw new ImageException(
          ImageException.Kind.UNSUPPORTED,
          name
              + " is not a container image: its configuration is of type \""
              + manifest.config().mediaType()
              + "\"");
    }
    if (manifest.config().sizeBytes() > Document.MAX_BYTES) {
      throw new ImageException(
          ImageException.Kind.EXHAUSTED,
          "the configuration of "
              + name
              + " would have "
              + manifest.config().sizeBytes()
              + " bytes; more than "
              + Document.MAX_BYTES
              + " are not taken");
    }
    for (Descriptor layer : manifest.layers()) {
      if (MediaTypes.isForeign(layer.mediaType())) {
        throw new ImageException(
            ImageException.Kind.UNSUPPORTED,
            "layer "
                + Meter.shortId(layer.digest())
                + " of "
                + name
                + " is foreign (\""
                + layer.mediaType()
                + "\"): the registry only points to it, and this engine fetches from registries"
                + " alone; such layers are Windows' base layers, so look for a Linux image");
      }
      if (!MediaTypes.isLayer(layer.mediaType())) {
        throw new ImageException(
            ImageException.Kind.UNSUPPORTED,
            "layer "
                + Meter.shortId(layer.digest())
                + " of "
                + name
                + " is of type \""
                + layer.mediaType()
                + "\", which is no layer of a container image");
      }
    }
  }

  private ImageException unavailable(ConnectionFailure failure) {
    return new ImageException(
        ImageException.Kind.UNAVAILABLE,
        "asking "
            + source.endpoint()
            + " for "
            + reference.familiar()
            + " failed: "
            + Reply.words(failure),
        failure);
  }
}
