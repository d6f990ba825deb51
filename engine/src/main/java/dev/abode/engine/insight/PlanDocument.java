package dev.abode.engine.insight;

import dev.abode.engine.cgroup.ControlWrite;
import dev.abode.engine.launch.Blueprint;
import dev.abode.init.Step;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A blueprint as lists, maps, texts, numbers and booleans: the plan itself, nothing of it left out
 * and nothing added. A step is a map with its name under {@code step} and its components beside.
 */
final class PlanDocument {
  private PlanDocument() {}

  static Map<String, Object> of(Blueprint blueprint) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put(
        "controlGroups", blueprint.controlGroups().stream().map(PlanDocument::of).toList());
    document.put("devices", value(blueprint.devices()));
    Map<?, ?> plan = (Map<?, ?>) value(blueprint.plan());
    plan.forEach((name, part) -> document.put(String.valueOf(name), part));
    if (!blueprint.helpers().isEmpty()) {
      document.put("helpers", value(blueprint.helpers()));
    }
    return document;
  }

  private static Map<String, Object> of(ControlWrite write) {
    return Map.of("file", write.file().toString(), "value", write.value(), "what", write.what());
  }

  /** Plans are made of records, so a step that is new is written without being known here. */
  private static Object value(Object part) {
    return switch (part) {
      case String text -> text;
      case Boolean flag -> flag;
      case Integer number -> number;
      case Long number -> number;
      case Character letter -> letter.toString();
      case Enum<?> constant -> constant.name();
      case ByteBuffer program -> instructions(program);
      case Optional<?> maybe -> maybe.isPresent() ? List.of(value(maybe.get())) : List.of();
      case Collection<?> many -> many.stream().map(PlanDocument::value).toList();
      case Record record -> record(record);
      default -> part.toString();
    };
  }

  private static Map<String, Object> record(Record record) {
    if (record instanceof Step.Tolerated tolerated) {
      Map<String, Object> document = record((Record) tolerated.step());
      document.put("tolerated", true);
      return document;
    }
    Map<String, Object> document = new LinkedHashMap<>();
    if (record instanceof Step) {
      document.put("step", record.getClass().getSimpleName());
    }
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      try {
        document.put(component.getName(), value(component.getAccessor().invoke(record)));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("cannot read " + component + " of a plan", e);
      }
    }
    return document;
  }

  /** {@code struct sock_filter}: code, how many to skip if true, if false, operand. */
  private static List<String> instructions(ByteBuffer program) {
    ByteBuffer left = program.duplicate().order(ByteOrder.nativeOrder());
    List<String> lines = new ArrayList<>();
    while (left.remaining() >= 8) {
      lines.add(
          String.format(
              "%02x %d %d %08x",
              left.getShort() & 0xffff, left.get() & 0xff, left.get() & 0xff, left.getInt()));
    }
    return lines;
  }
}
