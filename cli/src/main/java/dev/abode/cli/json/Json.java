package dev.abode.cli.json;

import io.avaje.json.JsonReader;
import io.avaje.json.stream.JsonStream;
import java.io.InputStream;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A JSON value (RFC 8259). Objects keep the order of their fields and numbers every digit, so that
 * {@code inspect} shows what the engine said.
 *
 * <p>The accessors are lenient, as a client of many engine versions has to be: a field that is not
 * there is {@link Null}, and {@link Null} is empty, zero and false.
 */
public sealed interface Json {
  /** The literal {@code null}. */
  record Null() implements Json {
    public static final Null VALUE = new Null();
  }

  /** {@code true} or {@code false}. */
  record Bool(boolean value) implements Json {}

  /** A number with all its digits. */
  record Num(BigDecimal value) implements Json {}

  /** A string. */
  record Text(String value) implements Json {}

  /** An array. */
  record Items(List<Json> values) implements Json {}

  /** An object, its fields in order. */
  record Fields(Map<String, Json> values) implements Json {}

  /** Reads one value. */
  static Json parse(String text) {
    try (JsonReader reader = Codec.STREAM.reader(text)) {
      return Codec.read(reader);
    }
  }

  /** Reads values that follow each other, with or without white space between, until the end. */
  static Iterable<Json> parseAll(InputStream input) {
    return () -> new JsonSequence(input);
  }

  static Json of(String text) {
    return new Text(text);
  }

  static Json of(boolean value) {
    return new Bool(value);
  }

  static Json of(long value) {
    return new Num(BigDecimal.valueOf(value));
  }

  static Json of(double value) {
    return new Num(BigDecimal.valueOf(value));
  }

  /** An array of strings. */
  static Json texts(List<String> texts) {
    List<Json> values = new ArrayList<>();
    for (String text : texts) {
      values.add(new Text(text));
    }
    return new Items(values);
  }

  /** A new object without fields, to be filled with {@link #with}. */
  static Fields object() {
    return new Fields(new LinkedHashMap<>());
  }

  /**
   * Puts a field into this object and returns it.
   *
   * @throws IllegalStateException if this is no object
   */
  default Fields with(String name, Json value) {
    if (!(this instanceof Fields fields)) {
      throw new IllegalStateException("not an object: " + this);
    }
    fields.values().put(name, value);
    return fields;
  }

  default Fields with(String name, String value) {
    return with(name, of(value));
  }

  /** The value at the end of a path of field names; {@link Null} where it leads nowhere. */
  default Json at(String... path) {
    Json value = this;
    for (String name : path) {
      value =
          value instanceof Fields fields
              ? Objects.requireNonNullElse(fields.values().get(name), Null.VALUE)
              : Null.VALUE;
    }
    return value;
  }

  default boolean isNull() {
    return this instanceof Null;
  }

  /** The string at a path, or a number or boolean as its text; empty if there is none. */
  default String text(String... path) {
    return switch (at(path)) {
      case Text text -> text.value();
      case Num number -> number.value().toPlainString();
      case Bool bool -> Boolean.toString(bool.value());
      case Null ignored -> "";
      case Items ignored -> "";
      case Fields ignored -> "";
    };
  }

  /** As {@link #text}, where an empty string is as good as none. */
  default Optional<String> nonEmptyText(String... path) {
    String text = text(path);
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  /** The whole number at a path; 0 if there is none. */
  default long number(String... path) {
    return at(path) instanceof Num number ? number.value().longValue() : 0;
  }

  /** Whether {@code true} is at a path. */
  default boolean isTrue(String... path) {
    return at(path) instanceof Bool bool && bool.value();
  }

  /** The elements of the array at a path; none if there is no array. */
  default List<Json> items(String... path) {
    return at(path) instanceof Items items ? items.values() : List.of();
  }

  /** The fields of the object at a path; none if there is no object. */
  default Map<String, Json> fields(String... path) {
    return at(path) instanceof Fields fields ? fields.values() : Map.of();
  }

  /** The strings of the array at a path. */
  default List<String> texts(String... path) {
    List<String> texts = new ArrayList<>();
    for (Json item : items(path)) {
      texts.add(item.text());
    }
    return texts;
  }

  /** On one line, without spaces. */
  default String compact() {
    StringBuilder into = new StringBuilder();
    JsonText.write(this, into, Optional.empty(), 0);
    return into.toString();
  }

  /** On many lines, each level indented by {@code indent}. */
  default String indented(String indent) {
    StringBuilder into = new StringBuilder();
    JsonText.write(this, into, Optional.of(indent), 0);
    return into.toString();
  }

  /** Holds the one parser; loaded only when something is parsed. */
  final class Codec {
    static final JsonStream STREAM = JsonStream.builder().build();

    private Codec() {}

    static Json read(JsonReader reader) {
      return switch (reader.currentToken()) {
        case BEGIN_OBJECT -> {
          Map<String, Json> values = new LinkedHashMap<>();
          reader.beginObject();
          while (reader.hasNextField()) {
            values.put(reader.nextField(), read(reader));
          }
          reader.endObject();
          yield new Fields(values);
        }
        case BEGIN_ARRAY -> {
          List<Json> values = new ArrayList<>();
          reader.beginArray();
          while (reader.hasNextElement()) {
            values.add(read(reader));
          }
          reader.endArray();
          yield new Items(values);
        }
        case STRING -> new Text(reader.readString());
        case NUMBER -> new Num(reader.readDecimal());
        case BOOLEAN -> of(reader.readBoolean());
        case NULL -> {
          reader.isNullValue();
          yield Null.VALUE;
        }
      };
    }
  }
}
