package dev.abode.cli.compare;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What is known of one place so far. */
final class Findings {
  private final Map<Measure, List<Double>> samples = new EnumMap<>(Measure.class);
  private final Map<Measure, Cell> cells = new EnumMap<>(Measure.class);

  private double wentForEach;

  /** How much less memory was available for each instance more, in bytes. */
  void wentForEach(double bytes) {
    wentForEach = bytes;
  }

  double wentForEach() {
    return wentForEach;
  }

  /** One run more. */
  void add(Measure measure, double value) {
    samples.computeIfAbsent(measure, none -> new ArrayList<>()).add(value);
  }

  /** What is known at once. */
  void put(Measure measure, Cell cell) {
    cells.put(measure, cell);
  }

  /** Why there is no more to know of a measure; runs that there were count. */
  void giveUp(Measure measure, String reason) {
    cells.putIfAbsent(measure, new Cell.NotMeasured(reason));
  }

  Map<Measure, Cell> cells() {
    Map<Measure, Cell> all = new EnumMap<>(Measure.class);
    all.putAll(cells);
    samples.forEach((measure, numbers) -> all.put(measure, new Cell.Measured(numbers)));
    return all;
  }
}
