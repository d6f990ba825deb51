package dev.abode.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blobs, unpacked layers and the records of images, held together: content becomes an image here,
 * and what no image needs goes.
 *
 * <p>Locks, in the order they are taken: {@code registering} (records against garbage collection),
 * then the records' own, then pins. Layer locks are taken without any of these.
 */
final class ImageStore {
  private static final Logger LOG = LoggerFactory.getLogger(ImageStore.class);
  private static final long REPORT_BYTES = 512 * 1024;

  final BlobFolder blobs;
  final LayerFolder layers;
  final ImageRecords records;
  private final Object registering = new Object();
  private final Map<Digest, Parsed> parsed = new ConcurrentHashMap<>();

  /** Unpacking is bound by the processors: more at once only fills the page cache. */
  private final Semaphore unpackers =
      new Semaphore(Math.max(2, Runtime.getRuntime().availableProcessors()));

  /** The documents of an image, by the digest of its manifest. */
  private record Parsed(Manifest.Single manifest, ImageConfig config) {}

  private ImageStore(BlobFolder blobs, LayerFolder layers, ImageRecords records) {
    this.blobs = blobs;
    this.layers = layers;
    this.records = records;
  }

  static ImageStore open(Path folder, UnpackLimits limits) throws IOException {
    DurableFiles.makePrivateFolder(folder);
    return new ImageStore(
        BlobFolder.open(folder),
        LayerFolder.open(folder.resolve("layers"), limits),
        ImageRecords.open(folder));
  }

  /** What one operation brings or needs: pinned until it is closed. */
  final class Operation implements AutoCloseable {
    final BlobFolder.Lease blobs = ImageStore.this.blobs.lease();
    private final Pins<String>.Lease chains = layers.lease();

    private Operation() {}

    @Override
    public void close() {
      blobs.close();
      chains.close();
    }
  }

  Operation begin() {
    return new Operation();
  }

  /** Reads a manifest and its configuration, and that they belong together. */
  private Parsed parse(Digest manifestDigest) throws IOException {
    Parsed known = parsed.get(manifestDigest);
    if (known != null) {
      return known;
    }
    Parsed read = read(manifestDigest);
    parsed.put(manifestDigest, read);
    return read;
  }

  private Parsed read(Digest manifestDigest) throws IOException {
    String name = "the manifest " + manifestDigest;
    Manifest manifest = Manifest.parse(blobs.read(manifestDigest, Manifest.MOST_BYTES), name);
    return switch (manifest) {
      case Manifest.Index _ ->
          throw new ImageException(
              ImageException.Kind.INVALID_ARGUMENT,
              name + " is an index where one image is wanted");
      case Manifest.Single single -> {
        Digest id = single.config().digest();
        ImageConfig config =
            ConfigDocument.read(
                blobs.read(id, Manifest.MOST_BYTES), "the image configuration " + id);
        if (config.layers().size() != single.layers().size()) {
          throw new ImageException(
              ImageException.Kind.INVALID_ARGUMENT,
              name
                  + " lists "
                  + single.layers().size()
                  + " layers, its configuration "
                  + config.layers().size()
                  + "; this is no container image, or a damaged one");
        }
        yield new Parsed(single, config);
      }
    };
  }

  /** The image of a record; empty, with a warning, when its documents are gone or damaged. */
  Optional<Image> image(ImageRecords.Entry entry) {
    try {
      Parsed documents = parse(entry.manifest().digest());
      return Optional.of(
          new Image(
              entry.id(),
              entry.manifest(),
              entry.names(),
              documents.config(),
              documents.manifest().layers(),
              layerSizes(documents).stream().mapToLong(Long::longValue).sum()));
    } catch (IOException | ImageException e) {
      LOG.warn("the image {} cannot be read and is left out: {}", entry.id(), e.getMessage());
      return Optional.empty();
    }
  }

  /** Bytes of each layer, lowest first: unpacked, or as stored while it is not. */
  List<Long> layerSizes(Image image) throws IOException {
    return layerSizes(parse(image.manifest().digest()));
  }

  /** Bytes of each image in layers that another of these images has as well. */
  Map<Digest, Long> sharedSizes(List<Image> images) throws IOException {
    Map<LayerFolder.Chain, Long> owners =
        images.stream()
            .flatMap(image -> LayerFolder.Chain.of(image.config().layers()).stream())
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    Map<Digest, Long> shared = new HashMap<>();
    for (Image image : images) {
      List<LayerFolder.Chain> chains = LayerFolder.Chain.of(image.config().layers());
      List<Long> sizes = layerSizes(image);
      long bytes = 0;
      for (int i = 0; i < chains.size(); i++) {
        bytes += owners.getOrDefault(chains.get(i), 0L) > 1 ? sizes.get(i) : 0;
      }
      shared.put(image.id(), bytes);
    }
    return shared;
  }

  private List<Long> layerSizes(Parsed documents) {
    List<Long> sizes = new ArrayList<>();
    List<LayerFolder.Chain> chains = LayerFolder.Chain.of(documents.config().layers());
    for (int i = 0; i < chains.size(); i++) {
      sizes.add(
          layers.sizeBytes(chains.get(i)).orElse(documents.manifest().layers().get(i).sizeBytes()));
    }
    return sizes;
  }

  /**
   * Makes an image of a manifest whose content is all here: verifies that configuration and layers
   * belong together by unpacking, then records it.
   */
  Image register(Operation operation, Descriptor manifest, List<Reference> names, Progress progress)
      throws IOException {
    operation.blobs.pin(manifest.digest());
    Parsed documents = parse(manifest.digest());
    operation.blobs.pin(documents.manifest().config().digest());
    documents.manifest().layers().forEach(layer -> operation.blobs.pin(layer.digest()));
    unpack(operation, documents, progress);
    Digest id = documents.manifest().config().digest();
    synchronized (registering) {
      records.add(id, manifest, names);
    }
    return records
        .find(id)
        .flatMap(this::image)
        .orElseThrow(
            () ->
                new ImageException(
                    ImageException.Kind.CONFLICT,
                    "the image " + id + " was removed while it was being added"));
  }

  /** The trees of an image's layers, top first, unpacking what is missing; always at least one. */
  List<Path> trees(Image image, Progress progress) throws IOException {
    if (image.layers().isEmpty()) {
      return List.of(layers.nothing());
    }
    try (Operation operation = begin()) {
      operation.blobs.pin(image.manifest().digest());
      return unpack(operation, parse(image.manifest().digest()), progress);
    }
  }

  private List<Path> unpack(Operation operation, Parsed documents, Progress progress)
      throws IOException {
    List<LayerFolder.Chain> chains = LayerFolder.Chain.of(documents.config().layers());
    chains.forEach(chain -> operation.chains.pin(chain.hex()));
    List<Path> trees = new ArrayList<>();
    for (LayerFolder.Chain chain : chains) {
      layers.find(chain).ifPresent(trees::addFirst);
    }
    if (trees.size() == chains.size()) {
      return trees;
    }
    trees.clear();
    List<Future<Path>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < chains.size(); i++) {
        int layer = i;
        running.add(threads.submit(() -> unpackBounded(documents, chains, layer, progress)));
      }
    }
    RuntimeException failure = null;
    for (Future<Path> each : running) {
      try {
        trees.addFirst(each.get());
      } catch (ExecutionException e) {
        RuntimeException unchecked =
            e.getCause() instanceof RuntimeException r
                ? r
                : new ImageException(
                    ImageException.Kind.INTERNAL, "unpacking a layer failed: " + message(e), e);
        if (failure == null) {
          failure = unchecked;
        } else {
          failure.addSuppressed(unchecked);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new java.io.InterruptedIOException("interrupted while unpacking layers");
      }
    }
    if (failure != null) {
      throw failure;
    }
    return trees;
  }

  private static String message(ExecutionException e) {
    return e.getCause() == null
        ? String.valueOf(e.getMessage())
        : String.valueOf(e.getCause().getMessage());
  }

  private Path unpackBounded(
      Parsed documents, List<LayerFolder.Chain> chains, int layer, Progress progress)
      throws IOException, InterruptedException {
    unpackers.acquire();
    try {
      return unpack(documents, chains, layer, progress);
    } finally {
      unpackers.release();
    }
  }

  private Path unpack(
      Parsed documents, List<LayerFolder.Chain> chains, int layer, Progress progress)
      throws IOException {
    Descriptor packed = documents.manifest().layers().get(layer);
    String subject = packed.digest().hex().substring(0, 12);
    boolean[] worked = {false};
    LayerFolder.Source source =
        () -> {
          worked[0] = true;
          return reported(packed, subject, progress);
        };
    Path tree =
        layers.unpack(
            chains.get(layer),
            source,
            packed.sizeBytes(),
            () -> {
              List<Path> below = new ArrayList<>();
              for (int i = 0; i < layer; i++) {
                below.addFirst(unpack(documents, chains, i, progress));
              }
              return below;
            });
    if (worked[0]) {
      progress.report(subject, "Pull complete", 0, 0);
    }
    return tree;
  }

  private InputStream reported(Descriptor packed, String subject, Progress progress)
      throws IOException {
    FileChannel channel = blobs.open(packed.digest());
    long[] reported = {-REPORT_BYTES};
    return new LayerFolder.Counting(
        Channels.newInputStream(channel),
        bytes -> {
          if (bytes - reported[0] >= REPORT_BYTES || bytes == packed.sizeBytes()) {
            reported[0] = bytes;
            progress.report(subject, "Extracting", bytes, packed.sizeBytes());
          }
        });
  }

  /** Unpacks one layer of a manifest that is still being fetched. */
  void unpackArrived(Operation operation, Digest manifest, Descriptor layer, Progress progress)
      throws IOException {
    Parsed documents = parse(manifest);
    List<LayerFolder.Chain> chains = LayerFolder.Chain.of(documents.config().layers());
    chains.forEach(chain -> operation.chains.pin(chain.hex()));
    for (int i = 0; i < chains.size(); i++) {
      if (documents.manifest().layers().get(i).digest().equals(layer.digest())) {
        try {
          Path _ = unpackBounded(documents, chains, i, progress);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new java.io.InterruptedIOException("interrupted while unpacking " + layer.digest());
        }
        return;
      }
    }
  }

  /** What all images need. */
  private record Needed(Set<Digest> blobs, Set<String> chains) {}

  private Needed needed() throws IOException {
    Set<Digest> digests = new HashSet<>();
    Set<String> chains = new HashSet<>();
    for (ImageRecords.Entry entry : records.entries().values()) {
      digests.add(entry.id());
      digests.add(entry.manifest().digest());
      Parsed documents = parse(entry.manifest().digest());
      documents.manifest().layers().forEach(layer -> digests.add(layer.digest()));
      LayerFolder.Chain.of(documents.config().layers()).forEach(chain -> chains.add(chain.hex()));
    }
    return new Needed(digests, chains);
  }

  /**
   * Removes all content that neither an image nor an operation under way needs.
   *
   * @return the bytes given back
   */
  long collect() throws IOException {
    synchronized (registering) {
      Needed needed;
      try {
        needed = needed();
      } catch (ImageException e) {
        // An image whose documents are damaged may still be using layers; keep everything.
        LOG.warn("nothing is collected, because an image cannot be read: {}", e.getMessage());
        return 0;
      }
      parsed.keySet().retainAll(needed.blobs());
      return blobs.collect(needed.blobs()) + layers.collect(needed.chains());
    }
  }

  /**
   * Removes what only these images needed. What an interrupted pull of another one brought stays,
   * so that it can be continued.
   */
  void collectRemoved(Collection<ImageRecords.Entry> removed) throws IOException {
    if (removed.isEmpty()) {
      return;
    }
    Set<Digest> candidates = new HashSet<>();
    for (ImageRecords.Entry entry : removed) {
      candidates.add(entry.id());
      candidates.add(entry.manifest().digest());
      image(entry)
          .ifPresent(image -> image.layers().forEach(layer -> candidates.add(layer.digest())));
    }
    synchronized (registering) {
      Needed needed = needed();
      parsed.keySet().retainAll(needed.blobs());
      blobs.collect(candidates, needed.blobs());
      layers.collect(needed.chains());
    }
  }

  /** As {@link #collect}, but of these blobs only: what a failed operation left. */
  void collect(Collection<Digest> candidates) {
    synchronized (registering) {
      try {
        blobs.collect(candidates, needed().blobs());
      } catch (IOException | ImageException e) {
        LOG.warn("content that nothing needs could not be removed: {}", e.getMessage());
      }
    }
  }

  /** Changes records with garbage collection held off. */
  void change(java.util.function.UnaryOperator<Map<Digest, ImageRecords.Entry>> change)
      throws IOException {
    synchronized (registering) {
      records.change(change);
    }
  }
}
