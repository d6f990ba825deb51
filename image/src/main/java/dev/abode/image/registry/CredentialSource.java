package dev.abode.image.registry;

import dev.abode.image.Credentials;
import java.nio.file.Path;
import java.util.Map;

/**
 * Knows what to introduce oneself with at a registry.
 *
 * <p>{@link #ofUser} is what {@code docker login} left behind. The engine has no logins of its own:
 * its callers send theirs with each request.
 */
@FunctionalInterface
public interface CredentialSource {
  /**
   * What to introduce oneself with at {@code registry}; {@link Credentials#ANONYMOUS} if nothing is
   * known.
   *
   * @param registry host and optional port, as in a reference
   * @throws dev.abode.image.ImageException of kind INVALID_ARGUMENT or INTERNAL when the logins
   *     cannot be read, UNAUTHORIZED when a helper program fails
   */
  Credentials of(String registry);

  /** Nobody is known anywhere. */
  CredentialSource NOBODY = registry -> Credentials.ANONYMOUS;

  /**
   * The logins in {@code config.json} of {@code $DOCKER_CONFIG}, or else of {@code $HOME/.docker},
   * and the {@code docker-credential-*} programs it names, found on this process's {@code PATH}.
   *
   * @param environment of the user, handed on to helper programs
   */
  static CredentialSource ofUser(Map<String, String> environment) {
    String folder = environment.getOrDefault("DOCKER_CONFIG", "");
    String home = environment.getOrDefault("HOME", "/");
    Path configured = folder.isEmpty() ? Path.of(home, ".docker") : Path.of(folder);
    return new DockerCredentials(configured.resolve("config.json"), environment);
  }
}
