package dev.abode.docker.image;

import dev.abode.image.Reference;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.PatternSyntaxException;

/**
 * The {@code reference} filter: a shell pattern, in which {@code *} does not match a slash, against
 * the name with and without its tag.
 */
final class ReferencePattern {
  private ReferencePattern() {}

  static boolean matches(String pattern, Reference name) {
    String full = name.familiarName() + name.tag().map(tag -> ":" + tag).orElse("");
    String withDigest = name.familiar();
    return List.of(full, name.familiarName(), withDigest, name.toString()).stream()
        .anyMatch(candidate -> candidate.equals(pattern) || matches(pattern, candidate));
  }

  private static boolean matches(String pattern, String text) {
    try {
      return FileSystems.getDefault().getPathMatcher("glob:" + pattern).matches(Path.of(text));
    } catch (PatternSyntaxException _) {
      return false;
    }
  }
}
