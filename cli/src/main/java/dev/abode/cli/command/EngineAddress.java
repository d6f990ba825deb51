package dev.abode.cli.command;

import dev.abode.cli.arguments.UsageException;
import dev.abode.engine.EngineOptions;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where the engine listens.
 *
 * @param socket a unix socket
 * @param root the root folder of the engine that may be started there; empty if the address was
 *     given by the user, who then also decides what runs there
 */
public record EngineAddress(Path socket, Optional<Path> root) {
  private static final Path DEFAULT_SOCKET = Path.of("/run/abode/abode.sock");
  private static final String SOCKET_NAME = "abode.sock";
  private static final String UNIX = "unix://";

  /**
   * The address of {@code --host}, {@code ABODE_HOST} or {@code DOCKER_HOST}, in this order; else
   * that of the engine of {@code ABODE_ROOT}, or of the default root.
   *
   * @throws UsageException for anything but a unix socket
   */
  public static EngineAddress of(Optional<String> host, Map<String, String> environment) {
    Optional<String> given =
        host.or(() -> nonEmpty(environment, "ABODE_HOST"))
            .or(() -> nonEmpty(environment, "DOCKER_HOST"));
    if (given.isPresent()) {
      if (!given.get().startsWith(UNIX) || given.get().length() == UNIX.length()) {
        throw new UsageException(
            "cannot reach an engine at \""
                + given.get()
                + "\" (from --host, ABODE_HOST or DOCKER_HOST): give a unix socket, "
                + "unix:///run/abode/abode.sock for instance");
      }
      return new EngineAddress(
          Path.of(given.get().substring(UNIX.length())), /* root= */ Optional.empty());
    }
    return nonEmpty(environment, "ABODE_ROOT")
        .map(root -> ofRoot(Path.of(root)))
        .orElseGet(() -> new EngineAddress(DEFAULT_SOCKET, Optional.of(Path.of("/var/lib/abode"))));
  }

  /** Where the engine of a root folder listens if nothing else is said. */
  public static EngineAddress ofRoot(Path root) {
    Path absolute = root.toAbsolutePath().normalize();
    return new EngineAddress(
        EngineOptions.at(absolute).run().resolve(SOCKET_NAME), Optional.of(absolute));
  }

  private static Optional<String> nonEmpty(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
  }
}
