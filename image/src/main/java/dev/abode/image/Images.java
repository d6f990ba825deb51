package dev.abode.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;

/**
 * All images of one root folder. Safe for many threads; survives a process that dies at any moment.
 *
 * <p>An image is named by a reference, by its ID ({@code sha256:…}) or by an unambiguous prefix of
 * the ID's hex digits. Layers are stored once, compressed as they came and unpacked at first need
 * (or while they are pulled), under their chain ID.
 */
public final class Images implements AutoCloseable {
  private final ImageStore store;
  private final Registries registries;
  private final UnpackLimits limits;

  private Images(ImageStore store, Registries registries, UnpackLimits limits) {
    this.store = store;
    this.registries = registries;
    this.limits = limits;
  }

  /**
   * Opens the store in {@code folder}, which is made if missing, and repairs what a dead process
   * left half-made. One process at a time may have a store open; its caller sees to that.
   *
   * @param registries where {@link #pull} and {@link #push} go, {@code RegistryClient.of(options)};
   *     closed by the caller
   */
  public static Images open(Path folder, Registries registries) throws IOException {
    return open(folder, registries, UnpackLimits.DEFAULT);
  }

  /** As {@link #open(Path, Registries)}, with other bounds on what a layer may unpack to. */
  public static Images open(Path folder, Registries registries, UnpackLimits limits)
      throws IOException {
    return new Images(ImageStore.open(folder, limits), registries, limits);
  }

  /** All images, the newest first as {@code docker images} shows them. */
  public List<Image> list() {
    List<Image> images = new ArrayList<>();
    for (ImageRecords.Entry entry : store.records.entries().values()) {
      store.image(entry).ifPresent(images::add);
    }
    images.sort(
        Comparator.comparing((Image image) -> image.config().created().orElse(Instant.EPOCH))
            .reversed()
            .thenComparing(image -> image.id().hex()));
    return images;
  }

  /**
   * The image of that name, ID or ID prefix.
   *
   * @throws ImageException of kind INVALID_ARGUMENT when several images have that prefix
   */
  public Optional<Image> find(String nameOrId) {
    return NameLookup.find(store.records.entries().values(), nameOrId).flatMap(store::image);
  }

  /**
   * The image of that name or ID.
   *
   * @throws ImageException of kind NOT_FOUND, with Docker's words "No such image: NAME"
   */
  public Image require(String nameOrId) {
    return find(nameOrId)
        .orElseThrow(
            () -> new ImageException(ImageException.Kind.NOT_FOUND, "No such image: " + nameOrId));
  }

  /** The original configuration document, as stored. */
  public byte[] configDocument(Image image) throws IOException {
    return store.blobs.read(image.id(), Manifest.MOST_BYTES);
  }

  /**
   * The unpacked layers of an image, top one first, unpacking what is not there yet. They stay as
   * long as the image does. Files carry the image's own ids. An image without layers has one
   * without files.
   */
  public List<Path> layerFolders(Image image, Progress progress) throws IOException {
    return store.trees(image, progress);
  }

  /** Bytes of each layer of an image unpacked, lowest first, as {@code docker history} shows. */
  public List<Long> layerSizesBytes(Image image) throws IOException {
    return store.layerSizes(image);
  }

  /**
   * Brings an image from its registry; layers are unpacked while later ones are still under way.
   * Reports, besides what {@link Registries#fetch} does, {@code Extracting} and {@code Pull
   * complete} of each layer, and in the end Docker's {@code Digest:} and {@code Status:} lines.
   *
   * @param platform what to take of an index; this machine's if empty
   */
  public Image pull(
      Reference reference, Optional<Platform> platform, Credentials credentials, Progress progress)
      throws IOException {
    // What an interrupted pull brought stays for the next try; prune takes it.
    try (ImageStore.Operation operation = store.begin()) {
      return pull(operation, reference, platform, credentials, progress);
    }
  }

  private Image pull(
      ImageStore.Operation operation,
      Reference reference,
      Optional<Platform> platform,
      Credentials credentials,
      Progress progress)
      throws IOException {
    Registries.RemoteImage remote =
        registries.resolve(reference, platform, credentials, operation.blobs);
    Digest manifest = remote.manifest().digest();
    Optional<Image> before = find(remote.config().digest().toString());
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      registries.fetch(
          remote,
          credentials,
          operation.blobs,
          progress,
          layer -> {
            // Without its configuration a layer's diff-ID is not known; register unpacks it then.
            if (operation.blobs.size(remote.config().digest()).isPresent()) {
              Future<?> _ =
                  threads.submit(
                      () -> {
                        store.unpackArrived(operation, manifest, layer, progress);
                        return layer;
                      });
            }
          });
    }
    // A failed unpack is tried and told again by register, in the order of the layers.
    List<Reference> names = new ArrayList<>();
    if (reference.tag().isPresent() && reference.digest().isEmpty()) {
      names.add(reference);
    }
    names.add(digestName(reference, remote.digest()));
    Image image = store.register(operation, remote.manifest(), names, progress);
    progress.report("", "Digest: " + remote.digest(), 0, 0);
    progress.report(
        "",
        "Status: "
            + (before.isPresent() ? "Image is up to date for " : "Downloaded newer image for ")
            + reference.familiar(),
        0,
        0);
    return image;
  }

  /**
   * Sends an image to the registry its name says; it is known by its digest there from then on.
   *
   * @throws ImageException of kind NOT_FOUND when no image has that name
   */
  public void push(Reference reference, Credentials credentials, Progress progress)
      throws IOException {
    Image image = require(reference.toString());
    try (ImageStore.Operation operation = store.begin()) {
      registries.push(
          reference,
          image.manifest(),
          operation.blobs,
          blob -> origins(reference.registry(), blob),
          credentials,
          progress);
      store.records.add(
          image.id(), image.manifest(), List.of(digestName(reference, image.manifest().digest())));
    }
  }

  /** What a registry calls the content a name stands for at the moment, for ever. */
  private static Reference digestName(Reference reference, Digest digest) {
    return new Reference(
        reference.registry(), reference.repository(), Optional.empty(), Optional.of(digest));
  }

  /** Repositories of a registry that an image with this content was pulled from or named for. */
  private List<String> origins(String registry, Digest blob) {
    return list().stream()
        .filter(image -> image.layers().stream().anyMatch(layer -> layer.digest().equals(blob)))
        .flatMap(image -> image.references().stream())
        .filter(name -> name.registry().equals(registry))
        .map(Reference::repository)
        .distinct()
        .toList();
  }

  /**
   * Reads a {@code docker save} archive (both forms), an OCI archive, gzip- or zstd-compressed or
   * not. Of an image for several platforms the one for this machine is taken, or the first if there
   * is none.
   *
   * @return the images it held, with their names
   * @throws ImageException of kind INVALID_ARGUMENT when it is no such archive, or one whose parts
   *     contradict each other; nothing of it is kept
   */
  public List<Image> load(InputStream archive, Progress progress) throws IOException {
    return load(archive, Optional.empty(), progress);
  }

  /** As {@link #load(InputStream, Progress)}, of an index only what is for {@code platform}. */
  public List<Image> load(InputStream archive, Optional<Platform> platform, Progress progress)
      throws IOException {
    return bring(
        operation -> new ArchiveReader(operation.blobs, limits).readArchive(archive, platform),
        progress);
  }

  /**
   * Reads an OCI layout folder; an index is resolved to {@code platform}.
   *
   * @param name given to what it holds, besides the names it brings itself
   */
  public List<Image> loadLayout(Path layout, Optional<Reference> name, Optional<Platform> platform)
      throws IOException {
    return bring(
        operation -> {
          List<ArchiveReader.Found> named = new ArrayList<>();
          for (ArchiveReader.Found found :
              new ArchiveReader(operation.blobs, limits).readLayout(layout, platform)) {
            List<Reference> names = new ArrayList<>(found.names());
            name.filter(extra -> !names.contains(extra)).ifPresent(names::add);
            named.add(new ArchiveReader.Found(found.manifest(), names));
          }
          return named;
        },
        Progress.NONE);
  }

  /** Puts content into the store and says which images it is. */
  @FunctionalInterface
  private interface Bringer {
    List<ArchiveReader.Found> bring(ImageStore.Operation operation) throws IOException;
  }

  /** What a failed or generous source brought and no image needs is removed in the end. */
  private List<Image> bring(Bringer bringer, Progress progress) throws IOException {
    Set<Digest> touched = Set.of();
    try (ImageStore.Operation operation = store.begin()) {
      try {
        List<Image> images = new ArrayList<>();
        for (ArchiveReader.Found found : bringer.bring(operation)) {
          images.add(store.register(operation, found.manifest(), found.names(), progress));
        }
        return images;
      } finally {
        touched = operation.blobs.touched();
      }
    } finally {
      store.collect(touched);
    }
  }

  /**
   * Writes images as an archive that is both a {@code docker save} archive and an OCI layout,
   * layers as they are stored, so that an image has the same ID wherever it is loaded.
   *
   * @param namesOrIds a name with a tag or digest saves that name; a bare name all tags of the
   *     repository; an ID the image without names
   * @throws ImageException of kind NOT_FOUND, before anything is written, for what names no image
   */
  public void save(List<String> namesOrIds, OutputStream archive) throws IOException {
    try (ImageStore.Operation operation = store.begin()) {
      new ArchiveWriter(store, operation.blobs).write(namesOrIds, archive);
    }
  }

  /**
   * Makes an image of one layer from a tar of a root file system, compressed or not.
   *
   * @param changes Dockerfile instructions that change the configuration, as {@code docker import
   *     -c}, see {@link ImageConfig#changed}
   * @param message told by {@code docker history}
   */
  public Image importRootfs(
      InputStream tar,
      Optional<Reference> name,
      List<String> changes,
      String message,
      Platform platform)
      throws IOException {
    ImageConfig settings = ImageConfig.empty(platform).changed(changes);
    return bring(
            operation -> {
              ImageWriter writer = new ImageWriter(operation.blobs, limits);
              ImageWriter.Layer layer = writer.layer(tar);
              Instant now = Instant.now();
              ImageConfig config =
                  settings.made(
                      Optional.of(now),
                      "",
                      List.of(layer.diffId()),
                      List.of(new ImageConfig.History(Optional.of(now), "", "", message, false)));
              Descriptor manifest =
                  writer.image(config, Optional.empty(), List.of(layer.descriptor()));
              return List.of(new ArchiveReader.Found(manifest, name.stream().toList()));
            },
            Progress.NONE)
        .getFirst();
  }

  /**
   * Makes an image from {@code parent} and one more layer, the changes in an overlay upper
   * directory.
   *
   * @param config what the new image's configuration says besides layers and history
   * @param message told by {@code docker history}
   * @throws ImageException of kind INVALID_ARGUMENT when a file in the upper directory cannot be in
   *     a layer, because its name begins with {@code .wh.}
   */
  public Image commit(
      Optional<Image> parent,
      Path upperDirectory,
      ImageConfig config,
      Optional<Reference> name,
      String author,
      String message)
      throws IOException {
    return bring(
            operation -> {
              parent.ifPresent(image -> operation.blobs.pin(image.manifest().digest()));
              ImageWriter writer = new ImageWriter(operation.blobs, limits);
              ImageWriter.Layer layer = writer.layer(upperDirectory);
              List<Descriptor> layers =
                  new ArrayList<>(parent.map(Image::layers).orElse(List.of()));
              layers.add(layer.descriptor());
              List<DiffId> diffIds =
                  new ArrayList<>(parent.map(image -> image.config().layers()).orElse(List.of()));
              diffIds.add(layer.diffId());
              List<ImageConfig.History> history =
                  new ArrayList<>(parent.map(image -> image.config().history()).orElse(List.of()));
              Instant now = Instant.now();
              history.add(
                  new ImageConfig.History(
                      Optional.of(now),
                      String.join(" ", config.command()),
                      author,
                      message,
                      false));
              Optional<JsonObject> base = Optional.empty();
              if (parent.isPresent()) {
                base =
                    Optional.of(
                        JsonObject.parse(
                            configDocument(parent.get()),
                            "the image configuration " + parent.get().id()));
              }
              Descriptor manifest =
                  writer.image(
                      config.made(Optional.of(now), author, diffIds, history), base, layers);
              return List.of(new ArchiveReader.Found(manifest, name.stream().toList()));
            },
            Progress.NONE)
        .getFirst();
  }

  /**
   * Gives an image one more name, taking it from the image that has it.
   *
   * @throws ImageException of kind NOT_FOUND when there is no such image; INVALID_ARGUMENT for a
   *     name with a digest, which is not anybody's to give
   */
  public void tag(String nameOrId, Reference name) {
    if (name.digest().isPresent() || name.tag().isEmpty()) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "refusing to create a tag with a digest reference: " + name.familiar());
    }
    Image image = require(nameOrId);
    local(
        "naming " + nameOrId,
        () -> {
          store.records.add(image.id(), image.manifest(), List.of(name));
          return name;
        });
  }

  /** What a removal did, in order. */
  public sealed interface Removed {
    record Untagged(Reference name) implements Removed {}

    record Deleted(Digest id) implements Removed {}
  }

  /**
   * Removes a name, and the image with its last name.
   *
   * @param inUse tells which image IDs instances use; such an image is a CONFLICT
   * @param force remove all names when an ID is given; untag even when in use
   */
  public List<Removed> remove(String nameOrId, boolean force, Predicate<Digest> inUse) {
    return local(
        "removing " + nameOrId, () -> new ImageRemoval(store).remove(nameOrId, force, inUse));
  }

  /** What {@link #prune} did. */
  public record Pruned(List<Removed> removed, long reclaimedBytes) {
    public Pruned {
      removed = List.copyOf(removed);
    }
  }

  /**
   * Removes images without a name ({@code all}: also those with one) that are not in use, and all
   * content that nothing refers to any more, such as what interrupted pulls left.
   *
   * @param until only images made before it
   */
  public Pruned prune(boolean all, Optional<Instant> until, Predicate<Digest> inUse) {
    return local("removing unused images", () -> new ImageRemoval(store).prune(all, until, inUse));
  }

  /** Bytes on disk of all layers, each counted once, as {@code docker system df} shows. */
  public long layersSizeBytes() {
    return local("summing up layers", () -> store.layers.totalBytes());
  }

  /**
   * Bytes of each image in layers that another image here has as well, by image ID: removing the
   * image alone frees the rest of its size.
   */
  public Map<Digest, Long> sharedSizes() {
    return local("comparing layers", () -> store.sharedSizes(list()));
  }

  private interface Local<T> {
    T run() throws IOException;
  }

  /** Turns a failure of this machine's disk into the one unchecked exception of this package. */
  private static <T> T local(String what, Local<T> work) {
    try {
      return work.run();
    } catch (IOException e) {
      throw new ImageException(
          ImageException.Kind.INTERNAL, what + " failed in the image store: " + e.getMessage(), e);
    }
  }

  /** Ends the use of this store; what is under way elsewhere fails or finishes. */
  @Override
  public void close() {}
}
