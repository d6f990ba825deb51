package dev.abode.docker.route;

import dev.abode.docker.failure.ApiException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A path with places for parameters: {@code /containers/{id}/json}. A {@code {name*}} takes one or
 * more segments, since names of images contain slashes; at most one in a pattern.
 */
final class PathPattern {
  private final List<String> segments;
  private final int many;

  PathPattern(String pattern) {
    this.segments = List.of(pattern.substring(1).split("/", -1));
    int found = -1;
    for (int i = 0; i < segments.size(); i++) {
      if (segments.get(i).endsWith("*}")) {
        found = i;
      }
    }
    this.many = found;
  }

  /** The parameters of a path that matches, decoded. */
  Optional<Map<String, String>> match(String[] path) {
    int extra = path.length - segments.size();
    if (extra < 0 || (extra > 0 && many < 0)) {
      return Optional.empty();
    }
    Map<String, String> parameters = new HashMap<>();
    int at = 0;
    for (int i = 0; i < segments.size(); i++) {
      String segment = segments.get(i);
      int take = i == many ? extra + 1 : 1;
      if (segment.startsWith("{")) {
        String value = String.join("/", List.of(path).subList(at, at + take));
        if (value.isEmpty()) {
          return Optional.empty();
        }
        parameters.put(segment.replaceAll("[{}*]", ""), value);
      } else if (!segment.equals(path[at])) {
        return Optional.empty();
      }
      at += take;
    }
    parameters.replaceAll((_, value) -> decode(value));
    return Optional.of(parameters);
  }

  private static String decode(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    try {
      // In a path a plus sign is a plus sign.
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw ApiException.invalid("malformed percent-encoding in the path");
    }
  }
}
