package dev.abode.image;

import io.avaje.jsonb.JsonType;
import io.avaje.jsonb.Jsonb;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A JSON object from outside, read by what is asked of it: absent and {@code null} are the same,
 * unknown fields do not matter, a field of the wrong type is the document's fault.
 *
 * <p>Image documents are read this way rather than into records because they have to come back
 * unchanged where this engine does not know a field, and because what makes one hostile (being a
 * manifest and an index at once) is a question about which fields it has.
 */
final class JsonObject {
  /** No honest document comes near, and the parser recurses. */
  private static final int DEEPEST = 64;

  private static final JsonType<Object> ANY = Jsonb.builder().build().type(Object.class);

  private final Map<String, Object> fields;
  private final String document;

  private JsonObject(Map<String, Object> fields, String document) {
    this.fields = fields;
    this.document = document;
  }

  /**
   * @param document what it is, for messages: "the manifest sha256:…"
   * @throws ImageException of kind INVALID_ARGUMENT when it is not a JSON object
   */
  static JsonObject parse(byte[] json, String document) {
    return of(any(json, document), document);
  }

  /** A document that is an array of objects. */
  static List<JsonObject> parseArray(byte[] json, String document) {
    return list(any(json, document), document);
  }

  private static Object any(byte[] json, String document) {
    int depth = 0;
    boolean inText = false;
    for (int i = 0; i < json.length; i++) {
      byte b = json[i];
      if (inText) {
        if (b == '\\') {
          i++;
        } else if (b == '"') {
          inText = false;
        }
      } else {
        switch (b) {
          case '"' -> inText = true;
          case '{', '[' -> depth++;
          case '}', ']' -> depth--;
          default -> {}
        }
        if (depth > DEEPEST) {
          throw invalid(document + " is nested deeper than " + DEEPEST + " levels");
        }
      }
    }
    try {
      Object value = ANY.fromJson(json);
      if (value != null) {
        return value;
      }
    } catch (RuntimeException e) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT, document + " is not JSON: " + e.getMessage(), e);
    }
    throw invalid(document + " is empty");
  }

  static byte[] write(Object value) {
    return ANY.toJsonBytes(value);
  }

  @SuppressWarnings("unchecked")
  private static JsonObject of(Object value, String document) {
    if (value instanceof Map<?, ?> map) {
      return new JsonObject((Map<String, Object>) map, document);
    }
    throw invalid(document + " is not a JSON object");
  }

  private static List<JsonObject> list(Object value, String document) {
    if (!(value instanceof List<?> list)) {
      throw invalid(document + " is not a list");
    }
    List<JsonObject> objects = new ArrayList<>();
    for (Object each : list) {
      objects.add(of(each, document));
    }
    return objects;
  }

  private Optional<Object> field(String name) {
    return Optional.ofNullable(fields.get(name));
  }

  /** Whether the field is there and not {@code null}. */
  boolean has(String name) {
    return field(name).isPresent();
  }

  Optional<String> text(String name) {
    return field(name)
        .map(
            value -> {
              if (value instanceof String text) {
                return text;
              }
              throw wrong(name, "a text");
            });
  }

  /** A text that must be there. */
  String required(String name) {
    return text(name).orElseThrow(() -> invalid(document + " lacks \"" + name + "\""));
  }

  Optional<Long> number(String name) {
    return field(name)
        .map(
            value -> {
              if (value instanceof Number number) {
                return number.longValue();
              }
              throw wrong(name, "a number");
            });
  }

  boolean truth(String name) {
    return field(name)
        .map(
            value -> {
              if (value instanceof Boolean truth) {
                return truth;
              }
              throw wrong(name, "true or false");
            })
        .orElse(false);
  }

  Optional<JsonObject> object(String name) {
    return field(name).map(value -> of(value, document + ", \"" + name + "\","));
  }

  /** A list of objects; empty when absent. */
  List<JsonObject> objects(String name) {
    return field(name)
        .map(value -> list(value, document + ", \"" + name + "\","))
        .orElse(List.of());
  }

  /** A list of texts; empty when absent. */
  List<String> texts(String name) {
    Optional<Object> value = field(name);
    if (value.isEmpty()) {
      return List.of();
    }
    if (!(value.get() instanceof List<?> list)) {
      throw wrong(name, "a list");
    }
    List<String> texts = new ArrayList<>();
    for (Object each : list) {
      if (!(each instanceof String text)) {
        throw wrong(name, "a list of texts");
      }
      texts.add(text);
    }
    return texts;
  }

  /** A map of texts; empty when absent. */
  Map<String, String> textMap(String name) {
    Map<String, String> texts = new LinkedHashMap<>();
    object(name)
        .ifPresent(
            map -> {
              for (String key : map.fields.keySet()) {
                map.text(key).ifPresent(value -> texts.put(key, value));
              }
            });
    return texts;
  }

  /** The keys of a map whose values mean nothing, as Docker writes a set. */
  List<String> keys(String name) {
    return object(name)
        .map(map -> map.fields.keySet().stream().sorted().toList())
        .orElse(List.of());
  }

  /** The fields as they are, to change a document and write it again. */
  Map<String, Object> copy() {
    return new LinkedHashMap<>(fields);
  }

  private ImageException wrong(String name, String expected) {
    return invalid(document + " has a \"" + name + "\" that is not " + expected);
  }

  private static ImageException invalid(String message) {
    return new ImageException(ImageException.Kind.INVALID_ARGUMENT, message);
  }
}
