package dev.abode.docker.json;

import dev.abode.docker.failure.ApiException;
import io.avaje.json.JsonException;
import io.avaje.json.JsonReader;
import io.avaje.json.JsonWriter;
import io.avaje.json.stream.BytesJsonWriter;
import io.avaje.json.stream.JsonStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON text to and from plain Java values: {@link Map}, {@link List}, {@link String}, {@link
 * Boolean}, {@link java.math.BigDecimal} (other numbers too when writing). Members that are null
 * are left out when reading; {@link JsonDocument#NULL} stands for null when writing.
 */
final class JsonText {
  /** Docker's documents nest less than ten deep; this bounds the stack a client can make us use. */
  private static final int MAX_DEPTH = 64;

  private static final JsonStream CODEC =
      JsonStream.builder().serializeNulls(true).serializeEmpty(true).build();

  private JsonText() {}

  static Object parse(byte[] document) {
    try (JsonReader reader = CODEC.reader(document)) {
      return read(reader, 0);
    } catch (JsonException | IllegalStateException e) {
      throw ApiException.invalid("invalid JSON: " + e.getMessage());
    }
  }

  private static Object read(JsonReader reader, int depth) {
    if (depth > MAX_DEPTH) {
      throw ApiException.invalid("invalid JSON: nested more than " + MAX_DEPTH + " levels deep");
    }
    return switch (reader.currentToken()) {
      case BEGIN_OBJECT -> readObject(reader, depth);
      case BEGIN_ARRAY -> readArray(reader, depth);
      case STRING -> reader.readString();
      case NUMBER -> reader.readDecimal();
      case BOOLEAN -> reader.readBoolean();
      case NULL -> throw ApiException.invalid("invalid JSON: null where a value is needed");
    };
  }

  private static Map<String, Object> readObject(JsonReader reader, int depth) {
    Map<String, Object> members = new LinkedHashMap<>();
    reader.beginObject();
    while (reader.hasNextField()) {
      String name = reader.nextField();
      if (!reader.isNullValue()) {
        members.put(name, read(reader, depth + 1));
      }
    }
    reader.endObject();
    return members;
  }

  private static List<Object> readArray(JsonReader reader, int depth) {
    List<Object> elements = new ArrayList<>();
    reader.beginArray();
    while (reader.hasNextElement()) {
      elements.add(read(reader, depth + 1));
    }
    reader.endArray();
    return elements;
  }

  static byte[] print(Object value) {
    try (BytesJsonWriter writer = CODEC.bufferedWriterAsBytes()) {
      write(writer, value);
      return writer.result();
    }
  }

  private static void write(JsonWriter writer, Object value) {
    switch (value) {
      case JsonDocument document -> write(writer, document.members());
      case Map<?, ?> map -> {
        writer.beginObject();
        map.forEach(
            (name, member) -> {
              writer.name(String.valueOf(name));
              write(writer, member);
            });
        writer.endObject();
      }
      case Iterable<?> list -> {
        writer.beginArray();
        list.forEach(element -> write(writer, element));
        writer.endArray();
      }
      case String text -> writer.value(text);
      case Boolean flag -> writer.value(flag.booleanValue());
      case Integer number -> writer.value(number.intValue());
      case Long number -> writer.value(number.longValue());
      case Double number -> writer.value(number.doubleValue());
      case JsonDocument.Null _ -> writer.nullValue();
      default -> throw new IllegalArgumentException("no JSON form for a " + value.getClass());
    }
  }
}
