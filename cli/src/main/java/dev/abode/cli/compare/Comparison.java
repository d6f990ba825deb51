package dev.abode.cli.compare;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** What was found out, place by place and measure by measure. */
final class Comparison {
  /** The name of the place that others are told relative to. */
  static final String NATIVE = "native";

  private static final Cell NOBODY_DID = new Cell.NotMeasured("this was not tried here");

  /**
   * One of the places.
   *
   * @param name as in JSON: {@code vm}
   * @param title as in a heading: {@code virtual machine}
   */
  record Column(String name, String title) {}

  /**
   * The machine and what was run.
   *
   * @param hypervisor which one, and who runs the guest's instructions; empty if there was none
   */
  record Setting(
      String image,
      boolean quick,
      String kernel,
      int processors,
      long memoryBytes,
      Optional<String> hypervisor) {

    /** Whether a guest's instructions are translated one by one. */
    boolean isEmulated() {
      return hypervisor.isPresent() && hypervisor.get().contains("emulation");
    }

    /** What the hypervisor means for the numbers, in a sentence or two. */
    String meaning() {
      if (hypervisor.isEmpty()) {
        return "No virtual machine could be run, so that column is empty.";
      }
      return isEmulated()
          ? "The virtual machine ran under "
              + hypervisor.get()
              + ": this host has no KVM that works, so every instruction of the guest is translated"
              + " by a program. Its work and its start are several times slower than on a machine"
              + " with KVM; its memory, its disk and its walls are the same."
          : "The virtual machine ran under "
              + hypervisor.get()
              + ": the processor itself runs the guest's instructions, so its numbers are those"
              + " virtual machines usually have.";
    }
  }

  private final Setting setting;
  private final List<String> notes;
  private final Duration took;
  private final Map<Column, Map<Measure, Cell>> cells = new LinkedHashMap<>();

  Comparison(
      Setting setting, List<String> notes, Duration took, Map<Column, Map<Measure, Cell>> cells) {
    this.setting = setting;
    this.notes = List.copyOf(notes);
    this.took = took;
    cells.forEach((column, found) -> this.cells.put(column, new EnumMap<>(found)));
  }

  Setting setting() {
    return setting;
  }

  /** What else the reader has to know: places that could not be tried, for instance. */
  List<String> notes() {
    return notes;
  }

  Duration took() {
    return took;
  }

  List<Column> columns() {
    return new ArrayList<>(cells.keySet());
  }

  Cell cell(Column column, Measure measure) {
    return cells.getOrDefault(column, Map.of()).getOrDefault(measure, NOBODY_DID);
  }

  /** The cell of a place by its name; not measured if there is no such place. */
  Cell cell(String column, Measure measure) {
    return columns().stream()
        .filter(candidate -> candidate.name().equals(column))
        .findFirst()
        .map(found -> cell(found, measure))
        .orElse(NOBODY_DID);
  }

  /** The median of one place in proportion to the native one; empty if either is missing. */
  OptionalDouble relative(Column column, Measure measure) {
    return cell(column, measure) instanceof Cell.Measured here
            && cell(NATIVE, measure) instanceof Cell.Measured there
            && there.median() > 0
        ? OptionalDouble.of(here.median() / there.median())
        : OptionalDouble.empty();
  }

  /** How many times as much one place has of a measure as another; empty if unknown. */
  OptionalDouble times(String more, String less, Measure measure) {
    return cell(more, measure) instanceof Cell.Measured here
            && cell(less, measure) instanceof Cell.Measured there
            && there.median() > 0
        ? OptionalDouble.of(here.median() / there.median())
        : OptionalDouble.empty();
  }
}
