package dev.abode.docker.json;

import dev.abode.docker.failure.ApiException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A JSON object from a client, read as Go's {@code encoding/json} reads it, since that is what
 * clients of Docker are written against: names match without regard to case if there is no exact
 * match, {@code null} is as good as absent, and names nobody asks for are ignored.
 *
 * <p>A value of the wrong type is an {@link ApiException} with status 400 that names the member.
 */
public final class JsonObject {
  private final String path;
  private final Map<String, Object> members;

  JsonObject(String path, Map<String, Object> members) {
    this.path = path;
    this.members = members;
  }

  /** An object without members. */
  public static JsonObject empty() {
    return new JsonObject("", Map.of());
  }

  /**
   * Parses a document that must be an object; an empty text and {@code null} are an empty object.
   *
   * @throws ApiException with status 400 for anything else
   */
  public static JsonObject parse(byte[] document) {
    if (saysNothing(document)) {
      return empty();
    }
    return new JsonObject("", asMap(JsonText.parse(document), "the request body"));
  }

  private static boolean saysNothing(byte[] document) {
    // Longer than "null" and white space around it: no need to look.
    if (document.length > 16) {
      return false;
    }
    String text = new String(document, StandardCharsets.UTF_8).strip();
    return text.isEmpty() || text.equals("null");
  }

  /** The names of all members, in the document's order. */
  public Set<String> names() {
    return members.keySet();
  }

  public boolean isEmpty() {
    return members.isEmpty();
  }

  /** The text of a member; absent when it is missing or null. */
  public Optional<String> text(String name) {
    return find(name)
        .map(
            value -> {
              if (value instanceof String text) {
                return text;
              }
              throw wrongType(name, "a string", value);
            });
  }

  /** The text of a member, the empty string counting as absent. */
  public Optional<String> nonEmptyText(String name) {
    return text(name).filter(text -> !text.isEmpty());
  }

  public String textOrEmpty(String name) {
    return text(name).orElse("");
  }

  /** Whether a member is true; absent is false. */
  public boolean flag(String name) {
    return optionalFlag(name).orElse(false);
  }

  public Optional<Boolean> optionalFlag(String name) {
    return find(name)
        .map(
            value -> {
              if (value instanceof Boolean flag) {
                return flag;
              }
              throw wrongType(name, "true or false", value);
            });
  }

  /** A whole number. */
  public OptionalLong number(String name) {
    Optional<Object> value = find(name);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    if (value.get() instanceof BigDecimal decimal) {
      try {
        return OptionalLong.of(decimal.longValueExact());
      } catch (ArithmeticException e) {
        throw wrongType(name, "a whole number of 64 bits", decimal);
      }
    }
    throw wrongType(name, "a number", value.get());
  }

  /** A whole number, 0 counting as absent, as in most of Docker's fields. */
  public OptionalLong nonZero(String name) {
    OptionalLong value = number(name);
    return value.isPresent() && value.getAsLong() == 0 ? OptionalLong.empty() : value;
  }

  /** A whole number of 32 bits. */
  public OptionalInt integer(String name) {
    OptionalLong value = number(name);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    if (value.getAsLong() != (int) value.getAsLong()) {
      throw wrongType(name, "a whole number of 32 bits", value.getAsLong());
    }
    return OptionalInt.of((int) value.getAsLong());
  }

  /** An object inside this one; absent when it is missing or null. */
  public Optional<JsonObject> object(String name) {
    return find(name).map(value -> new JsonObject(member(name), asMap(value, member(name))));
  }

  public JsonObject objectOrEmpty(String name) {
    return object(name).orElseGet(() -> new JsonObject(member(name), Map.of()));
  }

  /** Texts in a list; an absent list is empty. */
  public List<String> texts(String name) {
    return optionalTexts(name).orElse(List.of());
  }

  /** Texts in a list; a missing or null list is told from an empty one. */
  public Optional<List<String>> optionalTexts(String name) {
    return find(name)
        .map(
            value -> {
              List<String> texts = new ArrayList<>();
              for (Object element : asList(value, name)) {
                if (!(element instanceof String text)) {
                  throw wrongType(name, "a list of strings", element);
                }
                texts.add(text);
              }
              return texts;
            });
  }

  /** Docker's {@code strslice}: a list of texts, or one text as a list of one. */
  public Optional<List<String>> textOrTexts(String name) {
    if (find(name).orElse("") instanceof String) {
      return text(name).map(List::of);
    }
    return optionalTexts(name);
  }

  /** Objects in a list; an absent list is empty. */
  public List<JsonObject> objects(String name) {
    Optional<Object> value = find(name);
    if (value.isEmpty()) {
      return List.of();
    }
    List<JsonObject> objects = new ArrayList<>();
    for (Object element : asList(value.get(), name)) {
      String where = member(name) + "[" + objects.size() + "]";
      objects.add(new JsonObject(where, asMap(element, where)));
    }
    return objects;
  }

  /** Whole numbers in a list; absent when it is missing or null. */
  public Optional<List<Long>> numbers(String name) {
    return find(name)
        .map(
            value -> {
              List<Long> numbers = new ArrayList<>();
              for (Object element : asList(value, name)) {
                if (!(element instanceof BigDecimal number)) {
                  throw wrongType(name, "a list of numbers", element);
                }
                numbers.add(number.longValue());
              }
              return numbers;
            });
  }

  /** Lists of texts in a list; an absent list is empty. */
  public List<List<String>> textLists(String name) {
    List<List<String>> lists = new ArrayList<>();
    for (Object element : asList(find(name).orElse(List.of()), name)) {
      List<String> texts = new ArrayList<>();
      for (Object text : asList(element, name)) {
        texts.add(String.valueOf(text));
      }
      lists.add(texts);
    }
    return lists;
  }

  /** An object whose values are texts; an absent one is empty. */
  public Map<String, String> textMap(String name) {
    JsonObject object = objectOrEmpty(name);
    Map<String, String> map = new LinkedHashMap<>();
    for (String key : object.names()) {
      map.put(key, object.textOrEmpty(key));
    }
    return map;
  }

  /** Whether a member says anything: not null, 0, false, empty, or an object of only such. */
  public boolean says(String name) {
    return find(name).map(JsonObject::isMeaningful).orElse(false);
  }

  private static boolean isMeaningful(Object value) {
    return switch (value) {
      case String text -> !text.isEmpty();
      case Boolean flag -> flag;
      case BigDecimal number -> number.signum() != 0;
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> map.values().stream().anyMatch(JsonObject::isMeaningful);
      default -> true;
    };
  }

  private Optional<Object> find(String name) {
    Object exact = members.get(name);
    if (exact != null) {
      return Optional.of(exact);
    }
    String folded = name.toLowerCase(Locale.ROOT);
    return members.entrySet().stream()
        .filter(entry -> entry.getKey().toLowerCase(Locale.ROOT).equals(folded))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private String member(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private List<?> asList(Object value, String name) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw wrongType(name, "a list", value);
  }

  @SuppressWarnings("unchecked") // JsonText makes maps with String keys only
  private static Map<String, Object> asMap(Object value, String where) {
    if (value instanceof Map<?, ?> map) {
      return (Map<String, Object>) map;
    }
    throw ApiException.invalid("invalid JSON: " + where + " must be an object");
  }

  private ApiException wrongType(String name, String expected, Object value) {
    String shown = String.valueOf(value);
    return ApiException.invalid(
        "invalid JSON: "
            + member(name)
            + " must be "
            + expected
            + ", not "
            + (shown.length() <= 80 ? shown : shown.substring(0, 80) + "…"));
  }
}
