package dev.abode.image.registry;

import java.util.List;
import java.util.stream.Stream;

/**
 * What a token shall allow, distribution's "Token Scope Documentation".
 *
 * @param entries {@code repository:NAME:ACTIONS}; none to prove only who one is
 */
record Scope(List<String> entries) {
  Scope {
    entries = List.copyOf(entries);
  }

  static final Scope NONE = new Scope(List.of());

  static Scope pull(String repository) {
    return new Scope(List.of("repository:" + repository + ":pull"));
  }

  /** To write to one repository and read from others, which blobs are mounted from. */
  static Scope push(String repository) {
    return new Scope(List.of("repository:" + repository + ":pull,push"));
  }

  /** This and reading from another repository. */
  Scope andPull(String repository) {
    return new Scope(
        Stream.concat(entries.stream(), Stream.of("repository:" + repository + ":pull")).toList());
  }
}
