package dev.abode.init;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Tag;

/** The same sources with the address and undefined-behaviour sanitizers of gcc. */
@Tag("slow")
class SanitizedShimTest extends ShimContract {
  @Override
  ShimBinary load() throws IOException {
    URL built = Objects.requireNonNull(getClass().getResource("abode-init-sanitized"));
    try {
      return ShimBinary.load(Path.of(built.toURI()));
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }
}
