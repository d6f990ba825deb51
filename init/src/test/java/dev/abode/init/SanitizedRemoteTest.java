package dev.abode.init;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.junit.jupiter.api.Tag;

/** The same sources with the address and undefined-behaviour sanitizers of gcc. */
@Tag("slow")
class SanitizedRemoteTest extends RemoteContract {
  @Override
  byte[] program() throws IOException {
    try (InputStream built =
        Objects.requireNonNull(getClass().getResourceAsStream("abode-init-sanitized"))) {
      return built.readAllBytes();
    }
  }

  @Override
  int bytesEachWay() {
    return 1_000_000;
  }
}
