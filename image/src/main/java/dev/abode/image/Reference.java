package dev.abode.image;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a user calls an image, distribution-spec "name" with Docker's shorthands: {@code alpine} is
 * {@code docker.io/library/alpine:latest}.
 *
 * @param registry host and optional port, {@code docker.io} if none was written
 * @param repository the path, with {@code library/} in front of a bare Docker Hub name
 * @param tag absent when only a digest was written
 * @param digest absent unless written
 */
public record Reference(
    String registry, String repository, Optional<String> tag, Optional<Digest> digest) {
  private static final Pattern REPOSITORY =
      Pattern.compile("[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*");
  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");
  private static final Pattern REGISTRY =
      Pattern.compile(
          "[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?|\\[[0-9a-fA-F:]+\\](:[0-9]{1,5})?");

  public static final String DOCKER_HUB = "docker.io";

  public Reference {
    if (!REGISTRY.matcher(registry).matches()
        || !REPOSITORY.matcher(repository).matches()
        || repository.length() > 255
        || tag.filter(t -> !TAG.matcher(t).matches()).isPresent()) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "invalid reference format: \""
              + registry
              + "/"
              + repository
              + tag.map(t -> ":" + t).orElse("")
              + "\"; expected [registry/]name[:tag][@digest] in lower case");
    }
  }

  /**
   * Parses {@code [registry/]repository[:tag][@digest]}; without tag and digest the tag is {@code
   * latest}.
   *
   * @throws ImageException of kind INVALID_ARGUMENT, beginning with Docker's "invalid reference
   *     format"
   */
  public static Reference parse(String text) {
    int at = text.indexOf('@');
    Optional<Digest> digest =
        at < 0 ? Optional.empty() : Optional.of(Digest.parse(text.substring(at + 1)));
    String name = at < 0 ? text : text.substring(0, at);
    int colon = name.lastIndexOf(':');
    Optional<String> tag = Optional.empty();
    if (colon > name.lastIndexOf('/')) {
      tag = Optional.of(name.substring(colon + 1));
      name = name.substring(0, colon);
    }
    if (tag.isEmpty() && digest.isEmpty()) {
      tag = Optional.of("latest");
    }
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    boolean hasRegistry = first.contains(".") || first.contains(":") || first.equals("localhost");
    String registry = hasRegistry ? first : DOCKER_HUB;
    String repository = hasRegistry ? name.substring(slash + 1) : name;
    if (registry.equals("index.docker.io")) {
      registry = DOCKER_HUB;
    }
    if (registry.equals(DOCKER_HUB) && !repository.contains("/")) {
      repository = "library/" + repository;
    }
    return new Reference(registry, repository, tag, digest);
  }

  /** The repository as a user writes it: without {@code docker.io/} and {@code library/}. */
  public String familiarName() {
    if (!registry.equals(DOCKER_HUB)) {
      return registry + "/" + repository;
    }
    return repository.startsWith("library/")
        ? repository.substring("library/".length())
        : repository;
  }

  /** The whole as a user writes it, for example {@code alpine:3.20}. */
  public String familiar() {
    return familiarName() + tag.map(t -> ":" + t).orElse("") + digest.map(d -> "@" + d).orElse("");
  }

  @Override
  public String toString() {
    return registry
        + "/"
        + repository
        + tag.map(t -> ":" + t).orElse("")
        + digest.map(d -> "@" + d).orElse("");
  }
}
