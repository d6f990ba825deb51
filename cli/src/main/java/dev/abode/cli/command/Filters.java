package dev.abode.cli.command;

import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code --filter key=value}, as the API takes it: {@code {"key":["value",…]}}. */
public final class Filters {
  private final Map<String, List<String>> values = new LinkedHashMap<>();

  /**
   * Reads the values of {@code --filter}.
   *
   * @throws UsageException for one without {@code =}
   */
  public static Filters of(List<String> given) {
    Filters filters = new Filters();
    for (String filter : given) {
      int equals = filter.indexOf('=');
      if (equals <= 0) {
        throw new UsageException("--filter takes KEY=VALUE, not \"" + filter + '"');
      }
      filters.add(filter.substring(0, equals).strip(), filter.substring(equals + 1).strip());
    }
    return filters;
  }

  public Filters add(String key, String value) {
    values.computeIfAbsent(key, missing -> new ArrayList<>()).add(value);
    return this;
  }

  /** The query value; empty if there is no filter. */
  public String query() {
    if (values.isEmpty()) {
      return "";
    }
    Json.Fields all = Json.object();
    values.forEach((key, list) -> all.with(key, Json.texts(list)));
    return all.compact();
  }
}
