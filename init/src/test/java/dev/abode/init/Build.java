package dev.abode.init;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Objects;

/** A build of {@code abode-init}. */
enum Build {
  SHIPPED {
    @Override
    byte[] program() throws IOException {
      return ShimBinary.program();
    }

    @Override
    ShimBinary load() throws IOException {
      return ShimBinary.load();
    }
  },

  /** The same sources with the address and undefined-behaviour sanitizers of gcc. */
  SANITIZED {
    @Override
    byte[] program() throws IOException {
      try (InputStream built =
          Objects.requireNonNull(Build.class.getResourceAsStream(SANITIZED_NAME))) {
        return built.readAllBytes();
      }
    }

    @Override
    ShimBinary load() throws IOException {
      return ShimBinary.load(
          Path.of(Objects.requireNonNull(Build.class.getResource(SANITIZED_NAME)).getPath()));
    }
  };

  private static final String SANITIZED_NAME = "abode-init-sanitized";

  abstract byte[] program() throws IOException;

  abstract ShimBinary load() throws IOException;
}
