package dev.abode.init;

import org.junit.jupiter.api.Tag;

@Tag("slow")
class SanitizedShimStreamsTest extends ShimStreamsContract {
  SanitizedShimStreamsTest() {
    super(Build.SANITIZED);
  }
}
