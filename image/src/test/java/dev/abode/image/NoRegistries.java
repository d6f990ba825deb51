package dev.abode.image;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** Stands for the network where a test needs none. */
final class NoRegistries implements Registries {
  private static ImageException none() {
    return new ImageException(ImageException.Kind.UNAVAILABLE, "no registry in this test");
  }

  @Override
  public RemoteImage resolve(
      Reference reference, Optional<Platform> platform, Credentials credentials, BlobStore store) {
    throw none();
  }

  @Override
  public void fetch(
      RemoteImage image,
      Credentials credentials,
      BlobStore store,
      Progress progress,
      Consumer<Descriptor> arrived) {
    throw none();
  }

  @Override
  public void push(
      Reference reference,
      Descriptor manifest,
      BlobStore store,
      Function<Digest, List<String>> origins,
      Credentials credentials,
      Progress progress) {
    throw none();
  }

  @Override
  public Login login(String registry, Credentials credentials) {
    throw none();
  }

  @Override
  public Distribution inspect(Reference reference, Credentials credentials) {
    throw none();
  }

  @Override
  public void close() {}
}
