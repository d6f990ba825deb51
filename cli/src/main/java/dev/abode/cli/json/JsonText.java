package dev.abode.cli.json;

import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/** Writes JSON. */
final class JsonText {
  private JsonText() {}

  static void write(Json value, StringBuilder into, Optional<String> indent, int depth) {
    switch (value) {
      case Json.Null ignored -> into.append("null");
      case Json.Bool bool -> into.append(bool.value());
      case Json.Num number -> into.append(number.value().toPlainString());
      case Json.Text text -> quote(text.value(), into);
      case Json.Items items -> {
        into.append('[');
        Iterator<Json> rest = items.values().iterator();
        while (rest.hasNext()) {
          line(into, indent, depth + 1);
          write(rest.next(), into, indent, depth + 1);
          into.append(rest.hasNext() ? "," : "");
        }
        if (!items.values().isEmpty()) {
          line(into, indent, depth);
        }
        into.append(']');
      }
      case Json.Fields fields -> {
        into.append('{');
        Iterator<Map.Entry<String, Json>> rest = fields.values().entrySet().iterator();
        while (rest.hasNext()) {
          Map.Entry<String, Json> field = rest.next();
          line(into, indent, depth + 1);
          quote(field.getKey(), into);
          into.append(indent.isPresent() ? ": " : ":");
          write(field.getValue(), into, indent, depth + 1);
          into.append(rest.hasNext() ? "," : "");
        }
        if (!fields.values().isEmpty()) {
          line(into, indent, depth);
        }
        into.append('}');
      }
    }
  }

  private static void line(StringBuilder into, Optional<String> indent, int depth) {
    if (indent.isPresent()) {
      into.append('\n').append(indent.get().repeat(depth));
    }
  }

  private static void quote(String text, StringBuilder into) {
    into.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> into.append("\\\"");
        case '\\' -> into.append("\\\\");
        case '\n' -> into.append("\\n");
        case '\r' -> into.append("\\r");
        case '\t' -> into.append("\\t");
        default -> {
          if (c < 0x20) {
            into.append("\\u00")
                .append(Character.forDigit(c >> 4, 16))
                .append(Character.forDigit(c & 15, 16));
          } else {
            into.append(c);
          }
        }
      }
    }
    into.append('"');
  }
}
