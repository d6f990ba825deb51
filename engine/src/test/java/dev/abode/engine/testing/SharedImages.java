package dev.abode.engine.testing;

import dev.abode.image.Image;
import dev.abode.image.Images;
import dev.abode.image.Progress;
import dev.abode.linux.testing.TestImages;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;

/** Published images, in an engine. */
public final class SharedImages {
  private SharedImages() {}

  /** Loads Alpine Linux, and says what it is called in the store. */
  public static String loadAlpine(Images images) throws IOException {
    return load(images, "docker-archive/alpine-310.tar.gz");
  }

  /** Loads an archive by its path below the folder. */
  public static String load(Images images, String archive) throws IOException {
    try (InputStream in = Files.newInputStream(TestImages.folder().resolve(archive))) {
      Image image = images.load(in, Progress.NONE).getFirst();
      return image.references().isEmpty()
          ? image.id().toString()
          : image.references().getFirst().toString();
    }
  }
}
