package dev.abode.init;

import org.junit.jupiter.api.Tag;

@Tag("slow")
class SanitizedShimLaunchTest extends ShimLaunchContract {
  SanitizedShimLaunchTest() {
    super(Build.SANITIZED);
  }
}
