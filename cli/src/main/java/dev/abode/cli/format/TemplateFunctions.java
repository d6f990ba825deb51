package dev.abode.cli.format;

import dev.abode.cli.json.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** What templates can call, and how Go would print a value. */
final class TemplateFunctions {
  /** An engine that formats for a client must not run out of memory over a few characters. */
  private static final Pattern TOO_WIDE = Pattern.compile("(?:^|[^%])(?:%%)*%[^a-zA-Z%]*\\d{5}");

  private TemplateFunctions() {}

  static Json call(String function, List<Json> arguments) {
    return switch (function) {
      case "json" -> Json.of(one(function, arguments).compact());
      case "prettyjson" -> Json.of(one(function, arguments).indented("  "));
      case "upper" -> Json.of(one(function, arguments).text().toUpperCase(Locale.ROOT));
      case "lower" -> Json.of(one(function, arguments).text().toLowerCase(Locale.ROOT));
      case "title" -> Json.of(title(one(function, arguments).text()));
      case "len" -> Json.of(length(one(function, arguments)));
      case "not" -> Json.of(!isTrue(one(function, arguments)));
      case "and" -> firstOrLast(arguments, false);
      case "or" -> firstOrLast(arguments, true);
      case "eq" ->
          Json.of(arguments.stream().skip(1).anyMatch(other -> compare(arguments, other) == 0));
      case "ne" -> Json.of(compare(arguments, second(function, arguments)) != 0);
      case "lt" -> Json.of(compare(arguments, second(function, arguments)) < 0);
      case "le" -> Json.of(compare(arguments, second(function, arguments)) <= 0);
      case "gt" -> Json.of(compare(arguments, second(function, arguments)) > 0);
      case "ge" -> Json.of(compare(arguments, second(function, arguments)) >= 0);
      case "join" ->
          Json.of(
              String.join(
                  second(function, arguments).text(),
                  arguments.getFirst().items().stream().map(TemplateFunctions::show).toList()));
      case "split" ->
          Json.texts(
              List.of(
                  arguments
                      .getFirst()
                      .text()
                      .split(java.util.regex.Pattern.quote(second(function, arguments).text()))));
      case "truncate" -> {
        String text = arguments.getFirst().text();
        long most = second(function, arguments).number();
        yield Json.of(text.length() > most ? text.substring(0, (int) most) : text);
      }
      case "index" -> index(arguments);
      case "slice" -> slice(arguments);
      case "print" ->
          Json.of(String.join(" ", arguments.stream().map(TemplateFunctions::show).toList()));
      case "println" ->
          Json.of(
              String.join(" ", arguments.stream().map(TemplateFunctions::show).toList()) + "\n");
      case "printf" -> Json.of(printf(arguments));
      default ->
          throw new IllegalArgumentException(
              "the template calls \"" + function + "\", which is no function");
    };
  }

  /** A value as {@code fmt.Print} would show it. */
  static String show(Json value) {
    return switch (value) {
      case Json.Null ignored -> "<no value>";
      case Json.Text text -> text.value();
      case Json.Bool bool -> Boolean.toString(bool.value());
      case Json.Num number -> number.value().toPlainString();
      case Json.Items items -> {
        List<String> shown = new ArrayList<>();
        items.values().forEach(item -> shown.add(show(item)));
        yield "[" + String.join(" ", shown) + "]";
      }
      case Json.Fields fields -> {
        List<String> shown = new ArrayList<>();
        fields.values().entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .forEach(field -> shown.add(field.getKey() + ":" + show(field.getValue())));
        yield "map[" + String.join(" ", shown) + "]";
      }
    };
  }

  /** What Go calls the truth of a value: not empty, not zero. */
  static boolean isTrue(Json value) {
    return switch (value) {
      case Json.Null ignored -> false;
      case Json.Text text -> !text.value().isEmpty();
      case Json.Bool bool -> bool.value();
      case Json.Num number -> number.value().signum() != 0;
      case Json.Items items -> !items.values().isEmpty();
      case Json.Fields fields -> !fields.values().isEmpty();
    };
  }

  private static Json one(String function, List<Json> arguments) {
    if (arguments.size() != 1) {
      throw new IllegalArgumentException(
          "the template's " + function + " takes one argument, not " + arguments.size());
    }
    return arguments.getFirst();
  }

  private static Json second(String function, List<Json> arguments) {
    if (arguments.size() < 2) {
      throw new IllegalArgumentException(
          "the template's " + function + " takes two arguments, not " + arguments.size());
    }
    return arguments.get(1);
  }

  private static Json firstOrLast(List<Json> arguments, boolean truth) {
    for (Json argument : arguments) {
      if (isTrue(argument) == truth) {
        return argument;
      }
    }
    return arguments.isEmpty() ? Json.of(false) : arguments.getLast();
  }

  private static int compare(List<Json> arguments, Json right) {
    Json left = arguments.getFirst();
    if (left instanceof Json.Num a && right instanceof Json.Num b) {
      return a.value().compareTo(b.value());
    }
    return show(left).compareTo(show(right));
  }

  private static int length(Json value) {
    return switch (value) {
      case Json.Text text -> text.value().length();
      case Json.Items items -> items.values().size();
      case Json.Fields fields -> fields.values().size();
      case Json.Null ignored -> 0;
      case Json.Bool bool ->
          throw new IllegalArgumentException("the template asks for the length of " + bool.value());
      case Json.Num number ->
          throw new IllegalArgumentException(
              "the template asks for the length of " + number.value());
    };
  }

  private static Json index(List<Json> arguments) {
    Json value = arguments.isEmpty() ? Json.Null.VALUE : arguments.getFirst();
    for (Json key : arguments.subList(Math.min(1, arguments.size()), arguments.size())) {
      if (key instanceof Json.Num number) {
        List<Json> items = value.items();
        int at = number.value().intValue();
        if (at < 0 || at >= items.size()) {
          throw new IllegalArgumentException(
              "the template's index " + at + " is outside of 0 to " + (items.size() - 1));
        }
        value = items.get(at);
      } else {
        value = value.at(key.text());
      }
    }
    return value;
  }

  private static Json slice(List<Json> arguments) {
    Json value = one("slice", arguments.subList(0, Math.min(1, arguments.size())));
    int length = length(value);
    int from = arguments.size() > 1 ? (int) arguments.get(1).number() : 0;
    int to = arguments.size() > 2 ? (int) arguments.get(2).number() : length;
    if (from < 0 || from > to || to > length) {
      throw new IllegalArgumentException(
          "the template's slice " + from + " to " + to + " is outside of 0 to " + length);
    }
    return value instanceof Json.Text text
        ? Json.of(text.value().substring(from, to))
        : new Json.Items(value.items().subList(from, to));
  }

  private static String printf(List<Json> arguments) {
    String format = arguments.isEmpty() ? "" : arguments.getFirst().text();
    if (TOO_WIDE.matcher(format).find()) {
      throw new IllegalArgumentException(
          "the template's printf has a width or a precision of more than four digits: " + format);
    }
    Object[] values = new Object[Math.max(0, arguments.size() - 1)];
    for (int i = 0; i < values.length; i++) {
      Json value = arguments.get(i + 1);
      values[i] = value instanceof Json.Num number ? plain(number.value()) : show(value);
    }
    return String.format(Locale.ROOT, format.replace("%v", "%s").replace("%q", "\"%s\""), values);
  }

  private static Object plain(BigDecimal number) {
    return number.scale() <= 0 ? (Object) number.longValue() : (Object) number.doubleValue();
  }

  private static String title(String text) {
    StringBuilder titled = new StringBuilder(text);
    for (int i = 0; i < titled.length(); i++) {
      if (i == 0 || Character.isWhitespace(titled.charAt(i - 1))) {
        titled.setCharAt(i, Character.toUpperCase(titled.charAt(i)));
      }
    }
    return titled.toString();
  }
}
