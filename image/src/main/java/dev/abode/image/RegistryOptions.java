package dev.abode.image;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How registries are reached.
 *
 * @param insecure hosts (with port) that may be spoken to in plain HTTP or with an unverified
 *     certificate. Loopback addresses may be plain HTTP without being listed, as in Docker
 * @param mirrors for a registry, base URLs tried before it, in order
 * @param certificates folders searched for {@code HOST[:PORT]/*.crt} (private CAs) and {@code
 *     *.cert}/{@code *.key} (client certificates), as {@code /etc/docker/certs.d}
 */
public record RegistryOptions(
    Set<String> insecure, Map<String, List<String>> mirrors, List<Path> certificates) {
  public RegistryOptions {
    insecure = Set.copyOf(insecure);
    mirrors = Map.copyOf(mirrors);
    certificates = List.copyOf(certificates);
  }

  /** Docker's and our own certificate folders, nothing insecure, no mirrors. */
  public static final RegistryOptions DEFAULT =
      new RegistryOptions(
          Set.of(),
          Map.of(),
          List.of(Path.of("/etc/abode/certs.d"), Path.of("/etc/docker/certs.d")));
}
