package dev.abode.image;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Where images come from and go to over the network: registries of the OCI distribution-spec.
 * {@code dev.abode.image.registry.RegistryClient} is the real one; it is an interface so that the
 * packages have one direction, from the registry's client to the words of this package.
 *
 * <p>A pull has two steps. {@link #resolve} asks what a name stands for and stores the documents
 * that say so; {@link #fetch} brings the configuration and the layers, several at a time, and can
 * be repeated after an interruption: it continues where it ended. What an image's content means,
 * and unpacking it, is no concern of this interface.
 *
 * <p>All methods block, may be called by many threads at once, and end with an {@link
 * ImageException} when their thread is interrupted. They throw {@link ImageException} of kind
 *
 * <ul>
 *   <li>NOT_FOUND when the registry has no such name or content;
 *   <li>UNAUTHORIZED when it refuses these credentials or wants some;
 *   <li>UNAVAILABLE when it cannot be reached, fails, or ends in the middle, after trying again a
 *       few times;
 *   <li>INVALID_ARGUMENT when what it sends is not what was asked for, in digest, size or form;
 *   <li>EXHAUSTED when a document is larger than an honest one can be;
 *   <li>UNSUPPORTED for content this engine does not take, such as foreign layers or schema 1.
 * </ul>
 *
 * <p>{@link IOException} is for the local store only.
 */
public interface Registries extends AutoCloseable {

  /**
   * Asks what {@code reference} stands for. An index is resolved to one manifest. The documents are
   * in {@code store} afterwards, verified.
   *
   * @param reference its digest counts if it has one, else its tag
   * @param platform what is wanted; that of this machine if empty
   */
  RemoteImage resolve(
      Reference reference, Optional<Platform> platform, Credentials credentials, BlobStore store)
      throws IOException;

  /**
   * Brings the configuration and all layers into {@code store}. Reports {@code Pulling fs layer},
   * {@code Waiting}, {@code Downloading}, {@code Verifying Checksum}, {@code Download complete} or
   * {@code Already exists} of each layer.
   *
   * @param arrived called on the calling thread for each layer, lowest first, once it and all below
   *     it are in the store, while later ones are still under way; when it throws, the rest is
   *     given up
   */
  void fetch(
      RemoteImage image,
      Credentials credentials,
      BlobStore store,
      Progress progress,
      Consumer<Descriptor> arrived)
      throws IOException;

  /**
   * Sends a manifest, or an index with the manifests of it that are in {@code store}, and the
   * content they refer to, as {@code reference}. Content that the registry has is not sent again.
   *
   * @param manifest in {@code store}, as all it refers to
   * @param origins repositories of the same registry that probably have a blob, to mount it from
   *     there instead of sending it
   */
  void push(
      Reference reference,
      Descriptor manifest,
      BlobStore store,
      Function<Digest, List<String>> origins,
      Credentials credentials,
      Progress progress)
      throws IOException;

  /**
   * Checks that a registry takes these credentials.
   *
   * @param registry host and optional port, or a URL as {@code docker login} sends it ({@code
   *     https://index.docker.io/v1/})
   * @throws ImageException of kind UNAUTHORIZED if it does not
   */
  Login login(String registry, Credentials credentials);

  /** What a name stands for at its registry, for {@code GET /distribution/NAME/json}. */
  Distribution inspect(Reference reference, Credentials credentials);

  /** Ends idle connections. */
  @Override
  void close();

  /**
   * A name, resolved.
   *
   * @param reference as asked for
   * @param digest what the name stands for: of the index if there is one, else of the manifest;
   *     what Docker prints as {@code Digest:}
   * @param manifest of the one platform
   * @param config of the image
   * @param layers compressed, lowest first
   */
  record RemoteImage(
      Reference reference,
      Digest digest,
      Descriptor manifest,
      Descriptor config,
      List<Descriptor> layers) {
    public RemoteImage {
      layers = List.copyOf(layers);
    }
  }

  /**
   * A login that succeeded.
   *
   * @param status a sentence for the user, {@code Login Succeeded}
   * @param identityToken to keep instead of the password; empty if the registry gave none
   */
  record Login(String status, String identityToken) {
    @Override
    public String toString() {
      return status;
    }
  }

  /**
   * What a name stands for.
   *
   * @param descriptor of the index or the manifest
   * @param platforms that it is made for, in the index's order
   */
  record Distribution(Descriptor descriptor, List<Platform> platforms) {
    public Distribution {
      platforms = List.copyOf(platforms);
    }
  }
}
