package dev.abode.init;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The executable {@code abode-init}, held in a sealed memory file so that nothing a container does
 * to {@code /proc/self/exe} can alter it (CVE-2019-5736).
 */
public final class ShimBinary implements AutoCloseable {
  private ShimBinary() {}

  /** Copies the program that was built with this module into a sealed memory file. */
  public static ShimBinary load() throws IOException {
    throw new UnsupportedOperationException("to come");
  }

  /**
   * Spawns a shim that holds {@code plan} and listens at {@code socket}, and connects to it. The
   * plan is not played before {@link Shim#start}. The shim is in a session of its own, its standard
   * streams are {@code /dev/null} but for standard error, which is appended to {@code shim.log}
   * beside the socket.
   *
   * @param socket at most 100 bytes long; its folder must exist, the file must not
   */
  public Shim spawn(LaunchPlan plan, Path socket) throws IOException {
    throw new UnsupportedOperationException("to come: " + plan + socket);
  }

  @Override
  public void close() {}
}
