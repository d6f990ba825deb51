package dev.abode.image.registry;

import dev.abode.image.BlobStore;
import dev.abode.image.Credentials;
import dev.abode.image.Descriptor;
import dev.abode.image.Digest;
import dev.abode.image.Platform;
import dev.abode.image.Progress;
import dev.abode.image.Reference;
import dev.abode.image.Registries;
import dev.abode.image.RegistryOptions;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** Registries over HTTP, distribution-spec v2. */
public final class RegistryClient implements Registries {
  private final RegistryOptions options;

  private RegistryClient(RegistryOptions options) {
    this.options = options;
  }

  /** A client that reaches registries as {@code options} say. Opens no connection yet. */
  public static RegistryClient of(RegistryOptions options) {
    return new RegistryClient(options);
  }

  @Override
  public RemoteImage resolve(
      Reference reference, Optional<Platform> platform, Credentials credentials, BlobStore store)
      throws IOException {
    throw new UnsupportedOperationException("to come: " + reference + platform + options);
  }

  @Override
  public void fetch(
      RemoteImage image,
      Credentials credentials,
      BlobStore store,
      Progress progress,
      Consumer<Descriptor> arrived)
      throws IOException {
    throw new UnsupportedOperationException("to come: " + image);
  }

  @Override
  public void push(
      Reference reference,
      Descriptor manifest,
      BlobStore store,
      Function<Digest, List<String>> origins,
      Credentials credentials,
      Progress progress)
      throws IOException {
    throw new UnsupportedOperationException("to come: " + reference);
  }

  @Override
  public Login login(String registry, Credentials credentials) {
    throw new UnsupportedOperationException("to come: " + registry);
  }

  @Override
  public Distribution inspect(Reference reference, Credentials credentials) {
    throw new UnsupportedOperationException("to come: " + reference);
  }

  @Override
  public void close() {}
}
