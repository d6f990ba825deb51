package dev.abode.engine.seccomp;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Security.SeccompChoice;
import dev.abode.init.Capability;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The filter for an instance. Programs of the built-in profile are made once each. */
public final class SeccompFilters {
  private static final Map<SeccompProfile.Situation, ByteBuffer> BUILT_IN =
      new ConcurrentHashMap<>();

  private SeccompFilters() {}

  /**
   * The program.
   *
   * @param capabilities the bounding set, on which many rules depend
   * @param architecture {@code os.arch} as Java names it
   * @return an array of {@code struct sock_filter}; empty for no filter
   * @throws EngineException of kind INVALID_ARGUMENT for a profile that is none
   */
  public static Optional<ByteBuffer> program(
      SeccompChoice choice,
      Set<Capability> capabilities,
      String architecture,
      int kernelMajor,
      int kernelMinor) {
    return switch (choice) {
      case SeccompChoice.Unconfined unconfined -> Optional.empty();
      case SeccompChoice.Default builtIn ->
          Optional.of(
              BUILT_IN
                  .computeIfAbsent(
                      new SeccompProfile.Situation(
                          Architecture.ofJava(architecture),
                          capabilities,
                          kernelMajor,
                          kernelMinor),
                      situation -> FilterCompiler.compile(builtIn(), situation))
                  .duplicate());
      case SeccompChoice.Profile profile ->
          Optional.of(
              FilterCompiler.compile(
                  ProfileReader.read(profile.json()),
                  new SeccompProfile.Situation(
                      Architecture.ofJava(architecture), capabilities, kernelMajor, kernelMinor)));
    };
  }

  /** The profile that this engine brings along. */
  static SeccompProfile builtIn() {
    try (InputStream resource = SeccompFilters.class.getResourceAsStream("default-profile.json")) {
      if (resource == null) {
        throw new IllegalStateException("default-profile.json is not beside this class");
      }
      return ProfileReader.read(new String(resource.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
