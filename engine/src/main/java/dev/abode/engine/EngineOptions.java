package dev.abode.engine;

import dev.abode.image.RegistryOptions;
import java.nio.file.Path;

/**
 * Where an engine lives.
 *
 * @param root everything that lasts; made with mode 0700 if missing. One engine a root
 * @param run sockets and exit records, on a tmpfs; a reboot empties it
 */
public record EngineOptions(Path root, Path run, RegistryOptions registries) {
  public static final Path DEFAULT_ROOT = Path.of("/var/lib/abode");

  /** The given root, and the run folder that belongs to it. */
  public static EngineOptions at(Path root) {
    return new EngineOptions(root, RunFolder.of(root), RegistryOptions.DEFAULT);
  }
}
