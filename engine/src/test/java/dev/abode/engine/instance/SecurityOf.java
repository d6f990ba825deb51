package dev.abode.engine.instance;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Security that differs from the default in one thing, for tests. */
public final class SecurityOf {
  private SecurityOf() {}

  public static Security sysctls(Map<String, String> sysctls) {
    return of(false, List.of(), false, sysctls);
  }

  public static Security noNewPrivileges() {
    return of(false, List.of(), true, Map.of());
  }

  public static Security privileged() {
    return of(true, List.of(), false, Map.of());
  }

  /** With CAP_SYS_ADMIN in its own namespaces. */
  public static Security mayMount() {
    return of(false, List.of("SYS_ADMIN"), false, Map.of());
  }

  private static Security of(
      boolean privileged,
      List<String> added,
      boolean noNewPrivileges,
      Map<String, String> sysctls) {
    return new Security(
        privileged,
        added,
        List.of(),
        noNewPrivileges,
        new Security.SeccompChoice.Default(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        sysctls);
  }
}
