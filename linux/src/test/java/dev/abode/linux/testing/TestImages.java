package dev.abode.linux.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The published images that tests use: {@code ABODE_TEST_IMAGES}, or beside the checkout. */
public final class TestImages {
  private TestImages() {}

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
}
