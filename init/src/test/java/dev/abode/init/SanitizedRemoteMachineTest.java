package dev.abode.init;

import org.junit.jupiter.api.Tag;

@Tag("slow")
class SanitizedRemoteMachineTest extends RemoteMachineContract {
  SanitizedRemoteMachineTest() {
    super(Build.SANITIZED);
  }
}
