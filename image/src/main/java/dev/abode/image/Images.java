package dev.abode.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * All images of one root folder. Safe for many threads; survives a process that dies at any moment.
 *
 * <p>An image is named by a reference, by its ID ({@code sha256:…}) or by an unambiguous prefix of
 * the ID's hex digits. Layers are stored once, compressed as they came and unpacked at first need
 * (or while they are pulled), under their chain ID.
 */
public final class Images implements AutoCloseable {
  private Images() {}

  /**
   * Opens the store in {@code folder}, which is made if missing, and repairs what a dead process
   * left half-made.
   *
   * @param registries where {@link #pull} and {@link #push} go, {@code RegistryClient.of(options)};
   *     closed by the caller
   */
  public static Images open(Path folder, Registries registries) throws IOException {
    throw new UnsupportedOperationException("to come: " + folder + registries);
  }

  public List<Image> list() {
    throw new UnsupportedOperationException("to come");
  }

  /** The image of that name, ID or ID prefix. */
  public Optional<Image> find(String nameOrId) {
    throw new UnsupportedOperationException("to come: " + nameOrId);
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
    throw new UnsupportedOperationException("to come: " + image);
  }

  /**
   * The unpacked layers of an image, top one first, unpacking what is not there yet. They stay as
   * long as the image does. Files carry the image's own ids.
   */
  public List<Path> layerFolders(Image image, Progress progress) throws IOException {
    throw new UnsupportedOperationException("to come: " + image + progress);
  }

  public Image pull(
      Reference reference, Optional<Platform> platform, Credentials credentials, Progress progress)
      throws IOException {
    throw new UnsupportedOperationException(
        "to come: " + reference + platform + credentials + progress);
  }

  public void push(Reference reference, Credentials credentials, Progress progress)
      throws IOException {
    throw new UnsupportedOperationException("to come: " + reference + credentials + progress);
  }

  /**
   * Reads a {@code docker save} archive (both forms), an OCI archive, gzip- or zstd-compressed or
   * not.
   *
   * @return the images it held, with their names
   */
  public List<Image> load(InputStream archive, Progress progress) throws IOException {
    throw new UnsupportedOperationException("to come: " + archive + progress);
  }

  /** Reads an OCI layout folder; an index is resolved to {@code platform}. */
  public List<Image> loadLayout(Path layout, Optional<Reference> name, Optional<Platform> platform)
      throws IOException {
    throw new UnsupportedOperationException("to come: " + layout + name + platform);
  }

  /** Writes images as an archive that is both a {@code docker save} archive and an OCI layout. */
  public void save(List<String> namesOrIds, OutputStream archive) throws IOException {
    throw new UnsupportedOperationException("to come: " + namesOrIds + archive);
  }

  /**
   * Makes an image of one layer from a tar of a root file system, compressed or not.
   *
   * @param changes Dockerfile instructions that change the configuration, as {@code docker import
   *     -c}
   */
  public Image importRootfs(
      InputStream tar,
      Optional<Reference> name,
      List<String> changes,
      String message,
      Platform platform)
      throws IOException {
    throw new UnsupportedOperationException(
        "to come: " + tar + name + changes + message + platform);
  }

  /**
   * Makes an image from {@code parent} and one more layer, the changes in an overlay upper
   * directory.
   *
   * @param config what the new image's configuration says besides layers and history
   */
  public Image commit(
      Optional<Image> parent,
      Path upperDirectory,
      ImageConfig config,
      Optional<Reference> name,
      String author,
      String message)
      throws IOException {
    throw new UnsupportedOperationException(
        "to come: " + parent + upperDirectory + config + name + author + message);
  }

  public void tag(String nameOrId, Reference name) {
    throw new UnsupportedOperationException("to come: " + nameOrId + name);
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
    throw new UnsupportedOperationException("to come: " + nameOrId + force + inUse);
  }

  /** What {@link #prune} did. */
  public record Pruned(List<Removed> removed, long reclaimedBytes) {
    public Pruned {
      removed = List.copyOf(removed);
    }
  }

  /**
   * Removes images without a name ({@code all}: also those with one) that are not in use, and all
   * content that nothing refers to any more.
   */
  public Pruned prune(boolean all, Optional<Instant> until, Predicate<Digest> inUse) {
    throw new UnsupportedOperationException("to come: " + all + until + inUse);
  }

  /** Bytes on disk of all layers, each counted once, as {@code docker system df} shows. */
  public long layersSizeBytes() {
    throw new UnsupportedOperationException("to come");
  }

  @Override
  public void close() {}
}
