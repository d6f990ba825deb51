package dev.abode.engine.testing;

import dev.abode.image.Image;
import dev.abode.image.Images;
import dev.abode.image.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The published images that tests use: {@code ABODE_TEST_IMAGES}, or beside the checkout. */
public final class SharedImages {
  private SharedImages() {}

  /**
   * The folder.
   *
   * @throws IllegalStateException if there is none
   */
  public static Path folder() {
    Optional<String> named =
        Optional.ofNullable(System.getProperty("abode.test.images"))
            .or(() -> Optional.ofNullable(System.getenv("ABODE_TEST_IMAGES")));
    if (named.isPresent()) {
      return Path.of(named.get());
    }
    Path from = Path.of("").toAbsolutePath();
    for (Path above = from; above != null; above = above.getParent()) {
      Path candidate = above.resolve("shared/images");
      if (Files.isDirectory(candidate)) {
        return candidate;
      }
    }
    throw new IllegalStateException(
        "no shared/images beside " + from + " or above; set ABODE_TEST_IMAGES");
  }

  /** Loads Alpine Linux, and says what it is called in the store. */
  public static String loadAlpine(Images images) throws IOException {
    return load(images, "docker-archive/alpine-310.tar.gz");
  }

  /** Loads an archive by its path below the folder. */
  public static String load(Images images, String archive) throws IOException {
    try (InputStream in = Files.newInputStream(folder().resolve(archive))) {
      Image image = images.load(in, Progress.NONE).getFirst();
      return image.references().isEmpty()
          ? image.id().toString()
          : image.references().getFirst().toString();
    }
  }
}
