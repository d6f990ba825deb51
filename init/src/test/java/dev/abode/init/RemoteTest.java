package dev.abode.init;

import java.io.IOException;

/** The build that is shipped. */
class RemoteTest extends RemoteContract {
  @Override
  byte[] program() throws IOException {
    return ShimBinary.program();
  }
}
