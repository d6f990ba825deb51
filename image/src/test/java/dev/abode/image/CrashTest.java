package dev.abode.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.FileTree;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process is killed while it loads; the next one finds either the image or nothing of it. The
 * victim loads and removes the same image for ever and is killed at a random instant.
 */
final class CrashTest {
  private static final int ROUNDS = 6;

  @TempDir Path folder;

  @AfterEach
  void clean() throws IOException {
    FileTree.delete(folder.resolve("images"));
  }

  /** The victim. */
  static final class Loader {
    public static void main(String[] arguments) throws IOException {
      Path archive = Path.of(arguments[1]);
      try (Images images = Images.open(Path.of(arguments[0]), new NoRegistries())) {
        System.out.println("begun");
        while (true) {
          try (InputStream in = Files.newInputStream(archive)) {
            List<Image> loaded = images.load(in, Progress.NONE);
            images.remove(loaded.getFirst().id().hex(), true, id -> false);
          }
        }
      }
    }
  }

  @Test
  @Tag("slow")
  void nothingHalfMadeIsEverVisible() throws Exception {
    Random random = new Random(20);
    byte[] large = new byte[4 << 20];
    random.nextBytes(large);
    TarBuilder many = new TarBuilder();
    for (int i = 0; i < 300; i++) {
      many.file("folder" + i + "/file", "content " + i);
    }
    Path archive = folder.resolve("archive.tar");
    Files.write(
        archive,
        TarBuilder.dockerArchive(
            "app:1",
            TarBuilder.gzip(many.bytes()),
            TarBuilder.gzip(new TarBuilder().file("large", large).bytes())));
    Path store = folder.resolve("images");
    for (int round = 0; round < ROUNDS; round++) {
      Process victim =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-Xmx256m",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Loader.class.getName(),
                  store.toString(),
                  archive.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try {
        assertThat(victim.getInputStream().read()).isEqualTo('b');
        assertThat(victim.waitFor(random.nextInt(1500), TimeUnit.MILLISECONDS)).isFalse();
      } finally {
        victim.destroyForcibly().waitFor();
      }
      check(store);
    }
  }

  private static void check(Path store) throws IOException {
    try (Images images = Images.open(store, new NoRegistries())) {
      assertThat(store.resolve("uploads")).isEmptyDirectory();
      for (Path layer : children(store.resolve("layers"))) {
        assertThat(layer.getFileName().toString()).hasSize(64);
        assertThat(layer.resolve("layer.json")).isNotEmptyFile();
        Path tree = layer.resolve("tree");
        boolean whole =
            Files.exists(tree.resolve("large"))
                ? Files.size(tree.resolve("large")) == 4 << 20
                : children(tree).size() == 300;
        assertThat(whole).as("all files of " + layer).isTrue();
      }
      for (Path blob : children(store.resolve("blobs/sha256"))) {
        assertThat(BlobFolder.digestOf(Files.readAllBytes(blob)).hex())
            .isEqualTo(blob.getFileName().toString());
      }
      for (Image image : images.list()) {
        assertThat(images.layerFolders(image, Progress.NONE)).hasSize(2);
      }
      images.prune(true, java.util.Optional.empty(), id -> false);
      assertThat(children(store.resolve("blobs/sha256"))).isEmpty();
      assertThat(children(store.resolve("layers"))).isEmpty();
    }
  }

  private static List<Path> children(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.toList();
    }
  }
}
