package dev.abode.image.registry;

import dev.abode.image.BlobStore;
import dev.abode.image.Descriptor;
import dev.abode.image.Digest;
import dev.abode.image.ImageException;
import dev.abode.image.Progress;
import dev.abode.image.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * One push: content first, then the manifest that needs it, an index last, so that a name never
 * stands for something that is not there.
 */
final class Push {
  private final Session session;
  private final Reference reference;
  private final BlobStore store;
  private final Function<Digest, List<String>> origins;
  private final RetryPolicy patience;
  private final Progress progress;
  private final int atOnce;
  private final Manifests manifests;

  Push(
      Session session,
      Reference reference,
      BlobStore store,
      Function<Digest, List<String>> origins,
      RetryPolicy patience,
      Progress progress,
      int atOnce) {
    this.session = session;
    this.reference = reference;
    this.store = store;
    this.origins = origins;
    this.patience = patience;
    this.progress = progress;
    this.atOnce = atOnce;
    this.manifests = new Manifests(session);
  }

  /** Sends what {@code top} refers to, then {@code top} under the reference's name. */
  void run(Descriptor top) throws IOException {
    Manifests.Bytes bytes = stored(top);
    Document document = document(bytes, top);
    sendContent(document);
    String name =
        reference.tag().orElseGet(() -> reference.digest().orElse(top.digest()).toString());
    if (name.contains(":") && !name.equals(top.digest().toString())) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "cannot push "
              + reference.familiar()
              + ": the image's manifest has the digest "
              + top.digest()
              + "; push it under a tag");
    }
    put(name, document, bytes);
    progress.report("", name + ": digest: " + top.digest() + " size: " + bytes.length(), 0, 0);
  }

  private void sendContent(Document document) throws IOException {
    switch (document) {
      case Document.Manifest manifest -> sendBlobs(manifest);
      case Document.Index index -> {
        for (Descriptor child : index.manifests()) {
          sendChild(child);
        }
      }
    }
  }

  private void sendChild(Descriptor child) throws IOException {
    if (store.size(child.digest()).isEmpty()) {
      requireAtRegistry(child);
      return;
    }
    Manifests.Bytes bytes = stored(child);
    Document document = document(bytes, child);
    sendContent(document);
    put(child.digest().toString(), document, bytes);
  }

  private void requireAtRegistry(Descriptor child) throws IOException {
    String what = reference.familiarName() + "@" + child.digest();
    try {
      patience.run(() -> manifests.digest(child.digest().toString(), what), this::surrender);
    } catch (ImageException e) {
      throw new ImageException(
          e.kind(),
          "cannot push "
              + reference.familiar()
              + ": its index refers to "
              + child.digest()
              + child.platform().map(platform -> " for " + platform).orElse("")
              + ", which is neither here nor at the registry; pull it for that platform first",
          e);
    }
  }

  private void sendBlobs(Document.Manifest manifest) throws IOException {
    Set<Descriptor> layers = new LinkedHashSet<>();
    for (Descriptor layer : manifest.layers()) {
      // Not ours to distribute; the manifest keeps pointing to where they are.
      if (!MediaTypes.isForeign(layer.mediaType())) {
        layers.add(layer);
        progress.report(Meter.shortId(layer.digest()), "Preparing", 0, 0);
      }
    }
    try (Transfers transfers = new Transfers(atOnce)) {
      List<Future<?>> all = new ArrayList<>();
      for (Descriptor layer : layers) {
        String id = Meter.shortId(layer.digest());
        all.add(
            transfers.begin(
                () -> send(layer, "layer " + id), () -> progress.report(id, "Waiting", 0, 0)));
      }
      for (Future<?> one : all) {
        Transfers.await(one);
      }
    }
    upload(manifest.config(), "configuration", Progress.NONE);
  }

  private BlobUpload.Outcome send(Descriptor layer, String part) throws IOException {
    String id = Meter.shortId(layer.digest());
    BlobUpload.Outcome outcome = upload(layer, part, progress);
    String status =
        switch (outcome) {
          case BlobUpload.Outcome.Existed() -> "Layer already exists";
          case BlobUpload.Outcome.Mounted(String from) -> "Mounted from " + from;
          case BlobUpload.Outcome.Sent() -> "Pushed";
        };
    progress.report(id, status, 0, 0);
    return outcome;
  }

  private BlobUpload.Outcome upload(Descriptor blob, String part, Progress reports)
      throws IOException {
    long size = store.size(blob.digest()).orElse(-1L);
    String what = part + " of " + reference.familiar();
    if (size != blob.sizeBytes()) {
      throw new ImageException(
          ImageException.Kind.NOT_FOUND,
          "cannot push "
              + what
              + ": "
              + blob.digest()
              + (size < 0
                  ? " is not in the store"
                  : " has "
                      + size
                      + " bytes in the store and "
                      + blob.sizeBytes()
                      + " by its manifest")
              + "; pull or load the image again");
    }
    List<String> elsewhere =
        origins.apply(blob.digest()).stream()
            .filter(repository -> !repository.equals(session.repository()))
            .limit(3)
            .toList();
    Meter meter = new Meter(reports, Meter.shortId(blob.digest()), blob.sizeBytes());
    return new BlobUpload(session, blob, store, elsewhere, patience, meter, what).run();
  }

  private void put(String name, Document document, Manifests.Bytes bytes) throws IOException {
    patience.run(
        () -> {
          manifests.put(name, document.mediaType(), bytes, reference.familiar());
          return Optional.empty();
        },
        this::surrender);
  }

  private Document document(Manifests.Bytes bytes, Descriptor descriptor) {
    return Document.read(
        bytes.toArray(), descriptor.mediaType(), "the manifest " + descriptor.digest());
  }

  private Manifests.Bytes stored(Descriptor document) throws IOException {
    try (InputStream in = Channels.newInputStream(store.open(document.digest()))) {
      return new Manifests.Bytes(in.readNBytes(Document.MAX_BYTES));
    }
  }

  private ImageException surrender(ConnectionFailure failure) {
    return new ImageException(
        ImageException.Kind.UNAVAILABLE,
        "pushing "
            + reference.familiar()
            + " to "
            + session.endpoint()
            + " failed: "
            + Reply.words(failure)
            + "; push again",
        failure);
  }
}
