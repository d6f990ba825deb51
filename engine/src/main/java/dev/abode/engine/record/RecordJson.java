package dev.abode.engine.record;

import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.MacAddress;
import dev.abode.engine.network.Port;
import dev.abode.engine.network.Subnet;
import dev.abode.image.Digest;
import dev.abode.image.Platform;
import io.avaje.json.JsonReader;
import io.avaje.json.JsonWriter;
import io.avaje.json.stream.BytesJsonWriter;
import io.avaje.json.stream.JsonStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Records as JSON, read in a way that outlives their changes: a component that the document lacks
 * keeps the value of a template, one that the record lacks is skipped. So a newer engine reads what
 * an older one wrote, and the other way round, and the values need no annotations.
 *
 * <p>An absent optional is left out. A member of a sealed interface is written as {@code
 * {"kind":"Bind","value":{…}}}. Times and durations are ISO 8601.
 */
public final class RecordJson {
  private static final JsonStream STREAM = JsonStream.builder().build();
  private static final Map<Class<?>, Shape> SHAPES = new ConcurrentHashMap<>();

  private RecordJson() {}

  /** The document of {@code value}, UTF-8. */
  public static byte[] write(Record value) {
    try (BytesJsonWriter writer = STREAM.bufferedWriterAsBytes()) {
      writeRecord(writer, value);
      return writer.result();
    }
  }

  /**
   * Reads a document.
   *
   * @param template gives the components that the document lacks
   * @throws IllegalArgumentException when the document is none, or holds impossible values
   */
  public static <T extends Record> T read(byte[] document, T template) {
    try (JsonReader reader = STREAM.reader(document)) {
      @SuppressWarnings("unchecked") // made by the constructor of the template's class
      T value = (T) readRecord(reader, template.getClass(), Optional.of(template));
      return value;
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "not a document of a " + template.getClass().getSimpleName() + ": " + excerpt(document),
          e);
    }
  }

  private static String excerpt(byte[] document) {
    String text = new String(document, 0, Math.min(80, document.length), StandardCharsets.UTF_8);
    return document.length == 0 ? "it is empty" : "it begins with " + text;
  }

  // ---- writing

  private static void writeRecord(JsonWriter writer, Record value) {
    writer.beginObject();
    for (Component component : shape(value.getClass()).components()) {
      Object part = component.of(value);
      if (component.form().isAbsent(part)) {
        continue;
      }
      writer.name(component.name());
      component.form().write(writer, part);
    }
    writer.endObject();
  }

  /** How values of one type are written, worked out once a component. */
  @FunctionalInterface
  private interface Form {
    void write(JsonWriter writer, Object value);

    default boolean isAbsent(Object value) {
      return false;
    }
  }

  /** A value that there may be none of; none is left out. */
  private record OptionalForm(Form present, Predicate<Object> absent) implements Form {
    @Override
    public void write(JsonWriter writer, Object value) {
      present.write(writer, value);
    }

    @Override
    public boolean isAbsent(Object value) {
      return absent.test(value);
    }
  }

  private static Form form(Type type) {
    Class<?> raw = raw(type);
    if (raw == Optional.class) {
      Form present = form(argument(type, 0));
      return new OptionalForm(
          (writer, o) -> present.write(writer, ((Optional<?>) o).orElseThrow()),
          o -> ((Optional<?>) o).isEmpty());
    }
    if (raw == OptionalInt.class) {
      return new OptionalForm(
          (writer, o) -> writer.value(((OptionalInt) o).getAsInt()),
          o -> ((OptionalInt) o).isEmpty());
    }
    if (raw == OptionalLong.class) {
      return new OptionalForm(
          (writer, o) -> writer.value(((OptionalLong) o).getAsLong()),
          o -> ((OptionalLong) o).isEmpty());
    }
    if (raw == boolean.class) {
      return (writer, b) -> writer.value((boolean) b);
    }
    if (raw == int.class) {
      return (writer, i) -> writer.value((int) i);
    }
    if (raw == long.class) {
      return (writer, l) -> writer.value((long) l);
    }
    if (raw == List.class) {
      Form element = form(argument(type, 0));
      return (writer, list) -> {
        writer.beginArray();
        ((List<?>) list).forEach(e -> element.write(writer, e));
        writer.endArray();
      };
    }
    if (raw == Map.class) {
      Form element = form(argument(type, 1));
      return (writer, map) -> {
        writer.beginObject();
        ((Map<?, ?>) map)
            .forEach(
                (name, e) -> {
                  writer.name(name.toString());
                  element.write(writer, e);
                });
        writer.endObject();
      };
    }
    if (raw.isEnum()) {
      return (writer, e) -> writer.value(((Enum<?>) e).name());
    }
    if (raw.isSealed()) {
      return RecordJson::writeMember;
    }
    if (raw.isRecord() && !LEAVES.containsKey(raw)) {
      return (writer, r) -> writeRecord(writer, (Record) r);
    }
    return (writer, leaf) -> writer.value(leaf.toString());
  }

  private static void writeMember(JsonWriter writer, Object member) {
    writer.beginObject();
    writer.name("kind");
    writer.value(member.getClass().getSimpleName());
    writer.name("value");
    writeRecord(writer, (Record) member);
    writer.endObject();
  }

  // ---- reading

  private static Object readRecord(JsonReader reader, Class<?> type, Optional<?> template) {
    Shape shape = shape(type);
    Object[] values = new Object[shape.components().size()];
    for (int i = 0; i < values.length; i++) {
      Component component = shape.components().get(i);
      values[i] =
          template.isPresent()
              ? component.of(template.get())
              : absent(component.type(), type, component.name());
    }
    reader.beginObject();
    while (reader.hasNextField()) {
      Integer index = shape.indexes().get(reader.nextField());
      if (index == null || reader.isNullValue()) {
        reader.skipValue();
        continue;
      }
      values[index] =
          readValue(
              reader,
              shape.components().get(index).type(),
              Optional.ofNullable(values[index]).filter(Record.class::isInstance));
    }
    reader.endObject();
    return shape.make(values);
  }

  private static Object readValue(JsonReader reader, Type type, Optional<?> template) {
    Class<?> raw = raw(type);
    if (raw == Optional.class) {
      return Optional.of(readValue(reader, argument(type, 0), Optional.empty()));
    }
    if (raw == OptionalInt.class) {
      return OptionalInt.of(reader.readInt());
    }
    if (raw == OptionalLong.class) {
      return OptionalLong.of(reader.readLong());
    }
    if (raw == boolean.class) {
      return reader.readBoolean();
    }
    if (raw == int.class) {
      return reader.readInt();
    }
    if (raw == long.class) {
      return reader.readLong();
    }
    if (raw == List.class) {
      List<Object> list = new ArrayList<>();
      reader.beginArray();
      while (reader.hasNextElement()) {
        list.add(readValue(reader, argument(type, 0), Optional.empty()));
      }
      reader.endArray();
      return list;
    }
    if (raw == Map.class) {
      Map<String, Object> map = new LinkedHashMap<>();
      reader.beginObject();
      while (reader.hasNextField()) {
        map.put(reader.nextField(), readValue(reader, argument(type, 1), Optional.empty()));
      }
      reader.endObject();
      return map;
    }
    if (raw.isEnum()) {
      return constant(raw, reader.readString());
    }
    Function<String, Object> leaf = LEAVES.get(raw);
    if (leaf != null) {
      return leaf.apply(reader.readString());
    }
    if (raw.isSealed()) {
      return readMember(reader, raw);
    }
    return readRecord(reader, raw, template);
  }

  private static Object readMember(JsonReader reader, Class<?> sealed) {
    reader.beginObject();
    if (!reader.hasNextField() || !reader.nextField().equals("kind")) {
      throw new IllegalArgumentException("a " + sealed.getSimpleName() + " without its kind");
    }
    String kind = reader.readString();
    for (Class<?> member : sealed.getPermittedSubclasses()) {
      if (member.getSimpleName().equals(kind)
          && reader.hasNextField()
          && reader.nextField().equals("value")) {
        Object value = readRecord(reader, member, Optional.empty());
        while (reader.hasNextField()) {
          reader.nextField();
          reader.skipValue();
        }
        reader.endObject();
        return value;
      }
    }
    throw new IllegalArgumentException(
        "\"" + kind + "\" is no kind of " + sealed.getSimpleName() + " that this engine knows");
  }

  private static Object constant(Class<?> type, String name) {
    for (Object constant : type.getEnumConstants()) {
      if (((Enum<?>) constant).name().equals(name)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        "\"" + name + "\" is no " + type.getSimpleName() + " that this engine knows");
  }

  private static final Map<Class<?>, Function<String, Object>> LEAVES =
      Map.ofEntries(
          Map.entry(String.class, s -> s),
          Map.entry(Instant.class, Instant::parse),
          Map.entry(Duration.class, Duration::parse),
          Map.entry(Path.class, Path::of),
          Map.entry(Digest.class, Digest::parse),
          Map.entry(Platform.class, Platform::parse),
          Map.entry(IpAddress.class, IpAddress::parse),
          Map.entry(Subnet.class, Subnet::parse),
          Map.entry(MacAddress.class, MacAddress::parse),
          Map.entry(Port.class, Port::parse));

  /** What a component is that neither the document nor a template gives. */
  private static Object absent(Type type, Class<?> owner, String name) {
    Class<?> raw = raw(type);
    if (raw == Optional.class) {
      return Optional.empty();
    }
    if (raw == OptionalInt.class) {
      return OptionalInt.empty();
    }
    if (raw == OptionalLong.class) {
      return OptionalLong.empty();
    }
    if (raw == List.class) {
      return List.of();
    }
    if (raw == Map.class) {
      return Map.of();
    }
    if (raw == boolean.class) {
      return false;
    }
    if (raw == int.class) {
      return 0;
    }
    if (raw == long.class) {
      return 0L;
    }
    if (raw == String.class) {
      return "";
    }
    return new Missing(owner.getSimpleName() + "." + name);
  }

  /** Stands for a component that has no sensible default, until the document gives it. */
  private record Missing(String what) {}

  // ---- reflection

  private static Shape shape(Class<?> type) {
    return SHAPES.computeIfAbsent(type, Shape::of);
  }

  private record Component(String name, Type type, Form form, Method accessor) {
    Object of(Object owner) {
      try {
        return accessor.invoke(owner);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("cannot read " + accessor, e);
      }
    }
  }

  private record Shape(
      Class<?> type,
      List<Component> components,
      Map<String, Integer> indexes,
      Constructor<?> constructor) {

    static Shape of(Class<?> type) {
      List<Component> components = new ArrayList<>();
      Map<String, Integer> indexes = new LinkedHashMap<>();
      List<Class<?>> parameters = new ArrayList<>();
      for (RecordComponent component : type.getRecordComponents()) {
        component.getAccessor().setAccessible(true);
        indexes.put(component.getName(), components.size());
        components.add(
            new Component(
                component.getName(),
                component.getGenericType(),
                form(component.getGenericType()),
                component.getAccessor()));
        parameters.add(component.getType());
      }
      try {
        Constructor<?> constructor =
            type.getDeclaredConstructor(parameters.toArray(Class<?>[]::new));
        constructor.setAccessible(true);
        return new Shape(type, components, indexes, constructor);
      } catch (NoSuchMethodException e) {
        throw new IllegalStateException("a record without its canonical constructor: " + type, e);
      }
    }

    Object make(Object[] values) {
      for (Object value : values) {
        if (value instanceof Missing missing) {
          throw new IllegalArgumentException("the document lacks " + missing.what());
        }
      }
      try {
        return constructor.newInstance(values);
      } catch (ReflectiveOperationException e) {
        throw new IllegalArgumentException(
            "impossible values for a " + type.getSimpleName(),
            e.getCause() == null ? e : e.getCause());
      }
    }
  }

  private static Class<?> raw(Type type) {
    return switch (type) {
      case Class<?> c -> c;
      case ParameterizedType p -> (Class<?>) p.getRawType();
      default -> throw new IllegalStateException("no JSON form for " + type);
    };
  }

  private static Type argument(Type type, int index) {
    return ((ParameterizedType) type).getActualTypeArguments()[index];
  }
}
