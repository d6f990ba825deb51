package dev.abode.image.registry;

import dev.abode.image.Descriptor;
import dev.abode.image.ImageException;
import dev.abode.image.Platform;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Which manifest of an index is for a platform. A variant is a level of the processor: a manifest
 * of the same or a lower level runs, and the highest such is the best; what names no level means
 * the architecture's base ({@code arm64} v8, {@code amd64} v1, {@code arm} v7).
 */
final class PlatformChoice {
  private PlatformChoice() {}

  /**
   * Chooses.
   *
   * @param what the index is of, for the message
   * @throws ImageException of kind NOT_FOUND that lists the platforms there are
   */
  static Descriptor choose(List<Descriptor> manifests, Platform wanted, String what) {
    return manifests.stream()
        .filter(manifest -> manifest.platform().filter(p -> suits(p, wanted)).isPresent())
        // Of equals the first counts, as the image-spec says; max() alone would take the last.
        .reduce((best, next) -> byLevel().compare(next, best) > 0 ? next : best)
        .or(() -> onlyOneWithoutPlatform(manifests))
        .orElseThrow(() -> missing(manifests, wanted, what));
  }

  private static Comparator<Descriptor> byLevel() {
    return Comparator.comparingInt(
        manifest -> manifest.platform().map(PlatformChoice::level).orElse(0));
  }

  /** Whether what is made for one platform runs on another. */
  static boolean suits(Platform offered, Platform wanted) {
    boolean anyLevel = wanted.variant().isEmpty() && wanted.architecture().equals("arm");
    return offered.os().equals(wanted.os())
        && architecture(offered).equals(architecture(wanted))
        && (anyLevel || level(offered) <= level(wanted));
  }

  private static String architecture(Platform platform) {
    return switch (platform.architecture()) {
      case "x86_64", "x86-64" -> "amd64";
      case "aarch64" -> "arm64";
      case "armhf", "armel" -> "arm";
      case "i386" -> "386";
      default -> platform.architecture();
    };
  }

  /** {@code v8} is 8; 0 for a name that is no level. */
  private static int level(Platform platform) {
    String base =
        switch (architecture(platform)) {
          case "arm64" -> "v8";
          case "arm" -> "v7";
          case "amd64" -> "v1";
          default -> "";
        };
    String variant = platform.variant().orElse(base);
    return variant.matches("v[0-9]{1,3}") ? Integer.parseInt(variant.substring(1)) : 0;
  }

  private static Optional<Descriptor> onlyOneWithoutPlatform(List<Descriptor> manifests) {
    return manifests.size() == 1 && manifests.getFirst().platform().isEmpty()
        ? Optional.of(manifests.getFirst())
        : Optional.empty();
  }

  private static ImageException missing(List<Descriptor> manifests, Platform wanted, String what) {
    String offered =
        manifests.stream()
            .flatMap(manifest -> manifest.platform().stream())
            .filter(platform -> !platform.os().equals("unknown"))
            .map(Platform::toString)
            .distinct()
            .collect(Collectors.joining(", "));
    return new ImageException(
        ImageException.Kind.NOT_FOUND,
        "no matching manifest for "
            + wanted
            + " in the manifest list entries of "
            + what
            + (offered.isEmpty()
                ? ": it names no platform at all"
                : ": there are " + offered + "; choose one of them with --platform"));
  }
}
