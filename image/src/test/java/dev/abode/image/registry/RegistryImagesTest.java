package dev.abode.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.image.Credentials;
import dev.abode.image.Descriptor;
import dev.abode.image.Image;
import dev.abode.image.ImageException;
import dev.abode.image.Images;
import dev.abode.image.Platform;
import dev.abode.image.Progress;
import dev.abode.image.Reference;
import dev.abode.image.RegistryOptions;
import dev.abode.image.registry.testing.CuttingProxy;
import dev.abode.image.registry.testing.RegistryServer;
import dev.abode.linux.FileTree;
import dev.abode.linux.testing.TestImages;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Published images through a real registry and back, from one image store to another. */
class RegistryImagesTest {
  private static RegistryServer registry;

  @TempDir Path folder;
  private final RegistryClient client =
      new RegistryClient(
          RegistryOptions.DEFAULT,
          new RetryPolicy(2, Duration.ofMillis(1), Duration.ofMillis(1)),
          Duration.ofMinutes(2),
          InstantSource.system());

  @BeforeAll
  static void startRegistry() throws Exception {
    registry = RegistryServer.plain().start();
  }

  @AfterAll
  static void stopRegistry() throws Exception {
    registry.close();
  }

  @AfterEach
  void clean() throws IOException {
    client.close();
    for (String store : List.of("here", "there")) {
      if (Files.exists(folder.resolve(store))) {
        FileTree.delete(folder.resolve(store));
      }
    }
  }

  private Images open(String store) throws IOException {
    return Images.open(folder.resolve(store), client);
  }

  private static Image load(Images images, String file) throws IOException {
    try (InputStream archive = Files.newInputStream(TestImages.folder().resolve(file))) {
      return images.load(archive, Progress.NONE).getFirst();
    }
  }

  private static Image pull(Images images, Reference name, Progress progress) throws IOException {
    return images.pull(name, Optional.empty(), Credentials.ANONYMOUS, progress);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "docker-archive/alpine-310.tar.gz",
        "docker-archive/busybox-docker.tar",
        "docker-archive/rules_docker-pause.tar",
        "docker-archive/test-oci-gzip-image.tar",
        "docker-archive/test-oci-zstd-image.tar",
        "docker-archive/test-oci-uncompressed-image.tar",
      })
  void publishedImagesComeBackTheSame(String file) throws Exception {
    Reference name =
        Reference.parse(registry.host() + "/round/" + file.replaceAll("[^a-z0-9]+", "-") + ":trip");
    Image pushed;
    try (Images here = open("here")) {
      Image loaded = load(here, file);
      here.tag(loaded.id().toString(), name);
      here.push(name, Credentials.ANONYMOUS, Progress.NONE);
      pushed = here.require(name.toString());
    }
    try (Images there = open("there")) {
      RecordedProgress progress = new RecordedProgress();

      Image pulled = pull(there, name, progress);

      assertThat(pulled.id()).isEqualTo(pushed.id());
      assertThat(pulled.manifest().digest()).isEqualTo(pushed.manifest().digest());
      assertThat(pulled.layers()).isEqualTo(pushed.layers());
      assertThat(pulled.references()).contains(name);
      assertThat(progress.stepsOf("trip")).containsExactly("Pulling from " + name.repository());
      assertThat(progress.stepsOf(""))
          .containsExactly(
              "Digest: " + pushed.manifest().digest(),
              "Status: Downloaded newer image for " + name.familiar());
      for (Descriptor layer : pulled.layers()) {
        assertThat(progress.stepsOf(Meter.shortId(layer.digest())))
            .startsWith("Pulling fs layer")
            .endsWith("Pull complete");
      }
      assertThat(there.layerFolders(pulled, Progress.NONE))
          .hasSize(pulled.config().layers().size())
          .allSatisfy(layer -> assertThat(layer).isDirectory());

      RecordedProgress again = new RecordedProgress();
      pull(there, name, again);
      assertThat(again.stepsOf("")).contains("Status: Image is up to date for " + name.familiar());

      Reference byDigest = Reference.parse(name.familiarName() + "@" + pulled.manifest().digest());
      there.remove(pulled.id().toString(), true, id -> false);
      assertThat(there.find(name.toString())).isEmpty();
      assertThat(pull(there, byDigest, Progress.NONE).id()).isEqualTo(pushed.id());
    }
  }

  @Test
  void anInterruptedPullContinuesInTheStore() throws Exception {
    try (Images here = open("here");
        CuttingProxy proxy = CuttingProxy.before(registry)) {
      Image loaded = load(here, "docker-archive/busybox-docker.tar");
      Reference name = Reference.parse(proxy.host() + "/cut/busybox");
      here.tag(loaded.id().toString(), name);
      here.push(name, Credentials.ANONYMOUS, Progress.NONE);
      Descriptor layer = here.require(name.toString()).layers().getFirst();
      String path = "/blobs/" + layer.digest();
      proxy.forget();
      long half = layer.sizeBytes() / 2;
      // Both tries of the first pull end early: the first after half, the next at once.
      proxy.cut(head -> head.contains(path), half, 2);
      try (Images there = open("there")) {
        assertThatThrownBy(() -> pull(there, name, Progress.NONE))
            .isInstanceOfSatisfying(
                ImageException.class,
                e -> assertThat(e.kind()).isEqualTo(ImageException.Kind.UNAVAILABLE))
            .hasMessageContaining("pull again to continue");
        assertThat(there.find(name.toString())).isEmpty();
      }
      // Another process, as after a crash of the first.
      try (Images there = open("there")) {
        proxy.forget();
        assertThat(pull(there, name, Progress.NONE).id()).isEqualTo(loaded.id());
        CuttingProxy.Exchange rest =
            proxy.exchanges().stream()
                .filter(exchange -> exchange.line().endsWith(path))
                .findFirst()
                .orElseThrow();
        assertThat(rest.head()).containsIgnoringCase("range: bytes=");
        assertThat(rest.answered().get()).isLessThan(half + 64 * 1024);
      }
    }
  }

  @Test
  void anotherPlatformThanTheOnlyOneIsRefusedIfItWasAskedFor() throws Exception {
    Reference name = Reference.parse(registry.host() + "/one/platform");
    try (Images here = open("here")) {
      Image loaded = load(here, "docker-archive/alpine-310.tar.gz");
      here.tag(loaded.id().toString(), name);
      here.push(name, Credentials.ANONYMOUS, Progress.NONE);
    }
    try (Images there = open("there")) {
      assertThatThrownBy(
              () ->
                  there.pull(
                      name,
                      Optional.of(Platform.parse("linux/arm64")),
                      Credentials.ANONYMOUS,
                      Progress.NONE))
          .hasMessageContaining("its platform (linux/amd64) does not match")
          .hasMessageContaining("(linux/arm64)");
      assertThat(
              there.pull(
                  name,
                  Optional.of(Platform.parse("linux/amd64")),
                  Credentials.ANONYMOUS,
                  Progress.NONE))
          .isNotNull();
    }
  }
}
