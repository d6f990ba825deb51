package dev.abode.docker.json;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A JSON object for a client, member by member in order. Docker's documents are irregular about
 * what an absent value looks like ({@code null}, {@code []}, {@code {}}, {@code ""} or no member at
 * all), and clients depend on it; so each member says for itself which one it is.
 *
 * <p>Values are texts, booleans, numbers, lists, maps and other documents.
 */
public final class JsonDocument {
  /** The type of {@link #NULL}. */
  public enum Null {
    NULL
  }

  /** A member that is there and null. */
  public static final Object NULL = Null.NULL;

  private final Map<String, Object> members = new LinkedHashMap<>();

  Map<String, Object> members() {
    return members;
  }

  public boolean isEmpty() {
    return members.isEmpty();
  }

  public JsonDocument with(String name, Object value) {
    members.put(name, value);
    return this;
  }

  /** A member only if there is a value. */
  public JsonDocument withIfPresent(String name, Optional<?> value) {
    value.ifPresent(present -> members.put(name, present));
    return this;
  }

  /** A member only if a text, list or map is not empty. */
  public JsonDocument withIfAny(String name, Object value) {
    boolean any =
        switch (value) {
          case String text -> !text.isEmpty();
          case Collection<?> list -> !list.isEmpty();
          case Map<?, ?> map -> !map.isEmpty();
          default -> throw new IllegalArgumentException("nothing that can be empty: " + value);
        };
    return any ? with(name, value) : this;
  }

  /** A list, null when it is empty: Go's nil slice. */
  public JsonDocument withOrNull(String name, Collection<?> list) {
    return with(name, list.isEmpty() ? NULL : list);
  }

  /** A value, null when absent: Go's nil pointer. */
  public JsonDocument withOrNull(String name, Optional<?> value) {
    return with(name, value.isPresent() ? value.get() : NULL);
  }

  /** The text of this document in UTF-8. */
  public byte[] bytes() {
    return JsonText.print(this);
  }

  /** The text of a list of documents in UTF-8. */
  public static byte[] bytes(Collection<?> list) {
    return JsonText.print(list);
  }

  @Override
  public String toString() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }
}
