package dev.abode.engine.seccomp;

import dev.abode.engine.instance.Security.SeccompChoice;
import dev.abode.init.Capability;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;

/** The filter for an instance. */
public final class SeccompFilters {
  private SeccompFilters() {}

  /**
   * @param capabilities the bounding set, on which many rules depend
   * @param architecture {@code os.arch} as Java names it
   * @return an array of {@code struct sock_filter}; empty for no filter
   */
  public static Optional<ByteBuffer> program(
      SeccompChoice choice,
      Set<Capability> capabilities,
      String architecture,
      int kernelMajor,
      int kernelMinor) {
    return switch (choice) {
      case SeccompChoice.Unconfined() -> Optional.empty();
      case SeccompChoice.Default() -> Optional.empty();
      case SeccompChoice.Profile(String json) -> Optional.empty();
    };
  }
}
