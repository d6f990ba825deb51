package dev.abode.init;

import org.junit.jupiter.api.Tag;

@Tag("slow")
class SanitizedShimLifeTest extends ShimLifeContract {
  SanitizedShimLifeTest() {
    super(Build.SANITIZED);
  }
}
