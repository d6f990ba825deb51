package dev.abode.cli.container;

import dev.abode.cli.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code --security-opt}: some of its words mean something to the command, not to the engine. */
final class SecurityOptions {
  private static final String UNCOVERED = "systempaths=unconfined";

  private SecurityOptions() {}

  /**
   * Puts them into the {@code HostConfig} of a request.
   *
   * @throws IOException if the file of a seccomp profile cannot be read
   */
  static void put(Json host, List<String> given) throws IOException {
    List<String> options = new ArrayList<>();
    for (String option : given) {
      if (option.equals(UNCOVERED)) {
        host.with("MaskedPaths", Json.texts(List.of()));
        host.with("ReadonlyPaths", Json.texts(List.of()));
      } else {
        options.add(withProfile(option));
      }
    }
    if (!options.isEmpty()) {
      host.with("SecurityOpt", Json.texts(options));
    }
  }

  /** A seccomp profile is a file here and its text in the API. */
  private static String withProfile(String option) throws IOException {
    for (String prefix : new String[] {"seccomp=", "seccomp:"}) {
      if (option.startsWith(prefix)) {
        String profile = option.substring(prefix.length());
        if (profile.equals("unconfined") || profile.equals("builtin")) {
          return "seccomp=" + profile;
        }
        return "seccomp=" + Json.parse(Files.readString(Path.of(profile))).compact();
      }
    }
    return option;
  }
}
