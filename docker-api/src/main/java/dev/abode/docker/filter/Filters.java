package dev.abode.docker.filter;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The {@code filters} of a list: for each key, values of which one must match. They come as {@code
 * {"status":["exited","dead"]}} or in the old form {@code {"status":{"exited":true}}}.
 */
public final class Filters {
  private final Map<String, List<String>> values;

  private Filters(Map<String, List<String>> values) {
    this.values = values;
  }

  /** No filter: everything matches. */
  public static Filters none() {
    return new Filters(Map.of());
  }

  /**
   * Reads filters.
   *
   * @param known keys that are understood; another one is refused, since ignoring it would list (or
   *     remove) too much
   * @throws ApiException with status 400
   */
  public static Filters parse(Optional<String> text, Set<String> known) {
    if (text.isEmpty()) {
      return none();
    }
    JsonObject object = JsonObject.parse(text.get().getBytes(StandardCharsets.UTF_8));
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String key : object.names()) {
      if (!known.contains(key)) {
        throw ApiException.invalid("invalid filter '" + key + "'");
      }
      values.put(key, valuesOf(object, key));
    }
    return new Filters(values);
  }

  private static List<String> valuesOf(JsonObject object, String key) {
    try {
      return object.texts(key);
    } catch (ApiException _) {
      JsonObject old = object.objectOrEmpty(key);
      List<String> chosen = new ArrayList<>();
      for (String value : old.names()) {
        if (old.flag(value)) {
          chosen.add(value);
        }
      }
      return chosen;
    }
  }

  public boolean has(String key) {
    return !all(key).isEmpty();
  }

  public List<String> all(String key) {
    return values.getOrDefault(key, List.of());
  }

  public Optional<String> first(String key) {
    return all(key).stream().findFirst();
  }

  /** Whether there is no such filter or one of its values satisfies the test. */
  public boolean any(String key, Predicate<String> test) {
    return !has(key) || all(key).stream().anyMatch(test);
  }

  /** Whether every value of that filter satisfies the test. */
  public boolean every(String key, Predicate<String> test) {
    return all(key).stream().allMatch(test);
  }

  /** Whether the value equals one of the filter's. */
  public boolean is(String key, String value) {
    return any(key, value::equals);
  }

  /** Docker's match by name: the filter is a regular expression that is found in the value. */
  public boolean matches(String key, String value) {
    return any(key, pattern -> found(pattern, value));
  }

  /** Whether the pattern, a regular expression, is found in the value. */
  public static boolean found(String pattern, String value) {
    if (pattern.equals(value)) {
      return true;
    }
    try {
      return Pattern.compile(pattern).matcher(value).find();
    } catch (PatternSyntaxException _) {
      return false;
    }
  }

  /** Whether every filter for labels, {@code key} or {@code key=value}, is met. */
  public boolean labels(Map<String, String> labels) {
    return every("label", wanted -> hasLabel(labels, wanted))
        && all("label!").stream().noneMatch(unwanted -> hasLabel(labels, unwanted));
  }

  private static boolean hasLabel(Map<String, String> labels, String wanted) {
    int equals = wanted.indexOf('=');
    return equals < 0
        ? labels.containsKey(wanted)
        : wanted.substring(equals + 1).equals(labels.get(wanted.substring(0, equals)));
  }

  /**
   * A filter that is true or false.
   *
   * @throws ApiException with status 400 if it is something else
   */
  public Optional<Boolean> flag(String key) {
    return first(key)
        .map(
            value ->
                switch (value) {
                  case "1", "t", "T", "true", "TRUE", "True" -> true;
                  case "0", "f", "F", "false", "FALSE", "False" -> false;
                  default ->
                      throw ApiException.invalid(
                          "invalid filter '" + key + "=[" + value + "]': expected true or false");
                });
  }
}
