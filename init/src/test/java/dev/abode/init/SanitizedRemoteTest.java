package dev.abode.init;

import org.junit.jupiter.api.Tag;

@Tag("slow")
class SanitizedRemoteTest extends RemoteContract {
  SanitizedRemoteTest() {
    super(Build.SANITIZED);
  }
}
