package dev.abode.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.image.registry.RegistryClient;
import dev.abode.image.registry.testing.RegistryServer;
import dev.abode.linux.FileTree;
import dev.abode.linux.testing.TestImages;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images go to a real registry and come back ready to run. */
final class PullTest {
  private static RegistryServer registry;

  @TempDir Path folder;
  private final RegistryClient client = RegistryClient.of(RegistryOptions.DEFAULT);
  private final Queue<String> statuses = new ConcurrentLinkedQueue<>();
  private final Progress progress =
      (subject, status, current, total) ->
          statuses.add(subject.isEmpty() ? status : status + " " + subject);
  private Images images;

  @BeforeAll
  static void startRegistry() throws Exception {
    registry = RegistryServer.plain().start();
  }

  @AfterAll
  static void stopRegistry() throws Exception {
    registry.close();
  }

  @BeforeEach
  void open() throws IOException {
    images = Images.open(folder.resolve("images"), client);
  }

  @AfterEach
  void clean() throws IOException {
    images.close();
    client.close();
    FileTree.delete(folder.resolve("images"));
  }

  private static Reference name(String name) {
    return Reference.parse(registry.host() + "/" + name);
  }

  private Image pull(Reference reference) throws IOException {
    return images.pull(reference, Optional.empty(), Credentials.ANONYMOUS, progress);
  }

  @Test
  void aPublishedImageGoesAndComesBack() throws IOException {
    Image sent;
    try (InputStream archive =
        Files.newInputStream(TestImages.folder().resolve("docker-archive/alpine-310.tar.gz"))) {
      sent = images.load(archive, Progress.NONE).getFirst();
    }
    Reference name = name("library/alpine:3.10");
    images.tag("alpine:3.10", name);
    images.push(name, Credentials.ANONYMOUS, progress);
    Reference digest =
        new Reference(
            name.registry(),
            name.repository(),
            Optional.empty(),
            Optional.of(sent.manifest().digest()));
    assertThat(images.require(name.toString()).references()).contains(digest);
    images.remove(sent.id().hex(), true, id -> false);
    assertThat(images.list()).isEmpty();

    Image pulled = pull(name);

    assertThat(pulled.id()).isEqualTo(sent.id());
    assertThat(pulled.references()).containsExactlyInAnyOrder(name, digest);
    assertThat(statuses)
        .contains(
            "Digest: " + sent.manifest().digest(),
            "Status: Downloaded newer image for " + name.familiar())
        .anyMatch(status -> status.startsWith("Extracting "))
        .anyMatch(status -> status.startsWith("Pull complete "));
    assertThat(
            new MergedTree(images.layerFolders(pulled, Progress.NONE))
                .read("/etc/alpine-release", 99))
        .hasValueSatisfying(
            text -> assertThat(new String(text, StandardCharsets.UTF_8)).startsWith("3.10"));

    statuses.clear();
    assertThat(pull(name).id()).isEqualTo(sent.id());
    assertThat(statuses).contains("Status: Image is up to date for " + name.familiar());

    images.remove(sent.id().hex(), true, id -> false);
    assertThat(pull(digest).references()).containsExactly(digest);
    assertThat(images.require(digest.toString()).id()).isEqualTo(sent.id());
  }

  @Test
  void manyWhoPullTheSameGetTheSame() throws Exception {
    List<byte[]> layers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      layers.add(TarBuilder.gzip(new TarBuilder().file("layer" + i, "x".repeat(100_000)).bytes()));
    }
    Reference name = name("many:1");
    Image sent =
        images
            .load(
                new ByteArrayInputStream(
                    TarBuilder.dockerArchive(name.toString(), layers.toArray(byte[][]::new))),
                Progress.NONE)
            .getFirst();
    images.push(name, Credentials.ANONYMOUS, Progress.NONE);
    images.remove(sent.id().hex(), true, id -> false);
    List<Future<Image>> pulls = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 6; i++) {
        pulls.add(threads.submit(() -> pull(name)));
      }
      for (Future<Image> each : pulls) {
        assertThat(each.get().id()).isEqualTo(sent.id());
      }
    }
    assertThat(images.layerFolders(images.require(name.toString()), Progress.NONE)).hasSize(6);
    assertThat(statuses.stream().filter(status -> status.startsWith("Pull complete"))).hasSize(6);
  }

  @Test
  void whatARegistryDoesNotHaveIsNotFound() {
    assertThatThrownBy(() -> pull(name("nothing:1")))
        .isInstanceOf(ImageException.class)
        .extracting(e -> ((ImageException) e).kind())
        .isEqualTo(ImageException.Kind.NOT_FOUND);
    assertThatThrownBy(() -> images.push(name("nothing:1"), Credentials.ANONYMOUS, progress))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("No such image");
  }
}
