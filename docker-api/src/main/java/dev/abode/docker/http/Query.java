package dev.abode.docker.http;

import dev.abode.docker.failure.ApiException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The query of a request's target, {@code application/x-www-form-urlencoded}. */
public final class Query {
  private final Map<String, List<String>> values;

  private Query(Map<String, List<String>> values) {
    this.values = values;
  }

  static Query parse(String text) {
    if (text.isEmpty()) {
      return new Query(Map.of());
    }
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String pair : text.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = decode(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
      values.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
    }
    return new Query(values);
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw ApiException.invalid("malformed percent-encoding in the query");
    }
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** The first value, an empty one counting as absent. */
  public Optional<String> text(String name) {
    return all(name).stream().findFirst().filter(value -> !value.isEmpty());
  }

  public List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  /** Docker's {@code BoolValue}: everything but nothing, 0, no, false and none is true. */
  public boolean flag(String name) {
    return flag(name, false);
  }

  public boolean flag(String name, boolean whenAbsent) {
    if (!has(name)) {
      return whenAbsent;
    }
    String value = all(name).getFirst().strip().toLowerCase(Locale.ROOT);
    return switch (value) {
      case "", "0", "no", "false", "none" -> false;
      default -> true;
    };
  }

  /**
   * A whole number.
   *
   * @throws ApiException with status 400 if it is something else
   */
  public OptionalInt number(String name) {
    Optional<String> text = text(name);
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    try {
      return OptionalInt.of(Integer.parseInt(text.get()));
    } catch (NumberFormatException e) {
      throw ApiException.invalid(
          "the parameter " + name + " must be a whole number, not \"" + text.get() + "\"");
    }
  }
}
