package dev.abode.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.FileTree;
import dev.abode.linux.testing.TestImages;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images others published load, and what is in them is there. */
final class PublishedImagesTest {
  @TempDir Path folder;

  /** JUnit's own clean-up warns of every link in a root file system. */
  @AfterEach
  void clean() throws IOException {
    FileTree.delete(folder.resolve("images"));
  }

  private Images open() throws IOException {
    return Images.open(folder.resolve("images"), new NoRegistries());
  }

  private static Path file(String path) {
    return TestImages.folder().resolve(path);
  }

  private static List<Image> load(Images images, String path) throws IOException {
    try (InputStream archive = Files.newInputStream(file(path))) {
      return images.load(archive, Progress.NONE);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "docker-archive/alpine-310.tar.gz, alpine:3.10, af341ccd2df8b0e2d67cf8dd32e087bfda4e5756ebd1c76bbf3efa0dc246590e, 1, amd64",
    "docker-archive/busybox-docker.tar, busybox:latest, db8ee88ad75f6bdc74663f4992a185e2722fa29573abcc1a19186cc5ec09dceb, 1, amd64",
    "docker-archive/rules_docker-pause.tar, gcr.io/google-containers/pause:2.0, 2b58359142b094165abfc9ad9c327c453a3eaa624d0c5ee8f0ed1ab50483603b, 2, amd64",
    "docker-archive/test-oci-gzip-image.tar, '', 3eaccc100f866490f00ae82727b459a737af031dcf44c791d8aa714a70f24959, 1, arm64",
    "docker-archive/test-oci-zstd-image.tar, '', 3eaccc100f866490f00ae82727b459a737af031dcf44c791d8aa714a70f24959, 1, arm64",
    "docker-archive/test-oci-uncompressed-image.tar, '', 3eaccc100f866490f00ae82727b459a737af031dcf44c791d8aa714a70f24959, 1, arm64",
  })
  void archivesLoad(String file, String name, String id, int layers, String architecture)
      throws IOException {
    try (Images images = open()) {
      List<Image> loaded = load(images, file);

      assertThat(loaded).hasSize(1);
      Image image = loaded.getFirst();
      assertThat(image.id().hex()).isEqualTo(id);
      assertThat(image.references().stream().map(Reference::familiar))
          .isEqualTo(name.isEmpty() ? List.of() : List.of(name));
      assertThat(image.config().platform().architecture()).isEqualTo(architecture);
      assertThat(images.layerFolders(image, Progress.NONE))
          .hasSize(layers)
          .allMatch(Files::isDirectory);
      assertThat(images.list()).containsExactly(image);
    }
    try (Images again = open()) {
      assertThat(again.find(id.substring(0, 12))).isPresent();
    }
  }

  @Test
  void aLayoutLoadsForThisMachineAndForAnother() throws IOException {
    try (Images images = open()) {
      Path layout = file("oci/busybox-musl");
      Reference name = Reference.parse("busybox:musl");

      Image host = images.loadLayout(layout, Optional.of(name), Optional.empty()).getFirst();
      Image arm =
          images
              .loadLayout(layout, Optional.empty(), Optional.of(Platform.parse("linux/arm64")))
              .getFirst();

      assertThat(host.config().platform().runsOn(Platform.host())).isTrue();
      assertThat(host.references()).containsExactly(name);
      assertThat(arm.config().platform().architecture()).isEqualTo("arm64");
      assertThat(images.list()).hasSize(2);
      MergedTree tree = new MergedTree(images.layerFolders(host, Progress.NONE));
      assertThat(tree.read("/etc/passwd", 1 << 20).map(b -> new String(b, StandardCharsets.UTF_8)))
          .hasValueSatisfying(text -> assertThat(text).startsWith("root:x:0:0:"));
    }
  }

  @Test
  void aRootFileSystemBecomesAnImage() throws IOException {
    try (Images images = open();
        InputStream tar =
            Files.newInputStream(file("rootfs/alpine-minirootfs-3.20.3-x86_64.tar.gz"))) {
      Image image =
          images.importRootfs(
              tar,
              Optional.of(Reference.parse("alpine:3.20.3")),
              List.of("CMD [\"/bin/sh\"]", "ENV A=1 B=\"two words\"", "EXPOSE 80 443/udp"),
              "Imported from a test",
              Platform.parse("linux/amd64"));

      assertThat(image.config().command()).containsExactly("/bin/sh");
      assertThat(image.config().environment()).containsExactly("A=1", "B=two words");
      assertThat(image.config().exposedPorts()).containsExactly("443/udp", "80/tcp");
      assertThat(image.config().history().getFirst().comment()).isEqualTo("Imported from a test");
      assertThat(images.require("alpine:3.20.3")).isEqualTo(image);
      MergedTree tree = new MergedTree(images.layerFolders(image, Progress.NONE));
      assertThat(
              tree.read("/etc/alpine-release", 100).map(b -> new String(b, StandardCharsets.UTF_8)))
          .hasValue("3.20.3\n");
      assertThat(tree.find("/bin/sh").map(Path::getFileName)).hasValue(Path.of("busybox"));
      assertThat(Files.getAttribute(tree.find("/tmp").orElseThrow(), "unix:mode"))
          .isEqualTo(041777);
    }
  }
}
