package dev.abode.image.registry;

import dev.abode.image.Descriptor;
import dev.abode.image.Digest;
import dev.abode.image.ImageException;
import dev.abode.image.Platform;
import dev.abode.image.Reference;
import dev.abode.image.Registries;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What one source says about a name, nothing of it stored. */
record Inspection(Session source, Reference reference, RetryPolicy patience) {

  Registries.Distribution inspect() throws IOException {
    return patience.runIfReachable(
        this::ask,
        failure ->
            new ImageException(
                ImageException.Kind.UNAVAILABLE,
                "asking "
                    + source.endpoint()
                    + " for "
                    + reference.familiar()
                    + " failed: "
                    + Reply.words(failure),
                failure));
  }

  private Registries.Distribution ask() throws ConnectionFailure {
    String name = reference.familiar();
    Manifests.Fetched fetched =
        new Manifests(source).fetch(Manifests.pathOf(reference), reference.digest(), name);
    Document document =
        Document.read(fetched.bytes().toArray(), fetched.mediaType(), "the manifest of " + name);
    List<Platform> platforms =
        switch (document) {
          case Document.Index index ->
              index.manifests().stream().flatMap(m -> m.platform().stream()).toList();
          case Document.Manifest manifest -> platform(manifest.config().digest()).stream().toList();
        };
    return new Registries.Distribution(
        new Descriptor(document.mediaType(), fetched.digest(), fetched.bytes().length()),
        platforms);
  }

  private Optional<Platform> platform(Digest config) throws ConnectionFailure {
    try (Reply reply = source.send(Session.Call.of("GET", source.at("blobs/" + config)))) {
      if (reply.status() != 200) {
        throw Refusal.of(reply, "reading the configuration of " + reference.familiar());
      }
      Manifests.Bytes bytes = new Manifests.Bytes(reply.document(Document.MAX_BYTES));
      String what = "the configuration of " + reference.familiar();
      if (!Manifests.digestOf(bytes, config.algorithm()).equals(config)) {
        throw new ImageException(
            ImageException.Kind.INVALID_ARGUMENT, what + " does not have the digest " + config);
      }
      return platform(bytes.toArray(), what);
    }
  }

  /** What the beginning of an image configuration says the image is for. */
  static Optional<Platform> platform(byte[] config, String what) {
    Wire.Target target = Wire.read(Wire.Target.class, config, what);
    return target.architecture().isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Platform(
                target.os().isEmpty() ? "linux" : target.os(),
                target.architecture(),
                Optional.of(target.variant()).filter(variant -> !variant.isEmpty())));
  }
}
