package dev.abode.image;

import java.util.Optional;

/**
 * What an image runs on, OCI image-index "platform".
 *
 * @param os for example {@code linux}
 * @param architecture a GOARCH value, for example {@code amd64}
 * @param variant for example {@code v8}
 */
public record Platform(String os, String architecture, Optional<String> variant) {

  /** The platform of this machine, from {@code os.arch}. */
  public static Platform host() {
    String arch =
        switch (System.getProperty("os.arch")) {
          case "amd64", "x86_64" -> "amd64";
          case "aarch64" -> "arm64";
          case String other -> other;
        };
    return new Platform("linux", arch, arch.equals("arm64") ? Optional.of("v8") : Optional.empty());
  }

  /** Parses {@code os/arch[/variant]} or {@code arch}, as {@code --platform} takes it. */
  public static Platform parse(String text) {
    String[] parts = text.split("/", -1);
    for (String part : parts) {
      if (part.isBlank()) {
        throw new ImageException(
            ImageException.Kind.INVALID_ARGUMENT,
            "\"" + text + "\" is not a platform: expected os/architecture, such as linux/amd64");
      }
    }
    return switch (parts.length) {
      case 1 -> new Platform("linux", parts[0], Optional.empty());
      case 2 -> new Platform(parts[0], parts[1], Optional.empty());
      case 3 -> new Platform(parts[0], parts[1], Optional.of(parts[2]));
      default ->
          throw new ImageException(
              ImageException.Kind.INVALID_ARGUMENT,
              "\"" + text + "\" is not a platform: expected os/architecture[/variant]");
    };
  }

  /** Whether a program for {@code this} runs on {@code machine} natively. */
  public boolean runsOn(Platform machine) {
    boolean sameVariant =
        variant.isEmpty() || machine.variant.isEmpty() || variant.equals(machine.variant);
    return os.equals(machine.os) && architecture.equals(machine.architecture) && sameVariant;
  }

  @Override
  public String toString() {
    return os + "/" + architecture + variant.map(v -> "/" + v).orElse("");
  }
}
