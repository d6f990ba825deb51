package dev.abode.cli.compare;

import java.util.Locale;
import java.util.OptionalDouble;

/** Numbers as people read them: three digits that mean something. */
final class Numbers {
  private Numbers() {}

  static String text(double value) {
    double size = Math.abs(value);
    String form = size >= 100 || size == Math.rint(size) ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, form, value);
  }

  /** With its unit, if there is one. */
  static String text(double value, Measure measure) {
    return measure.unit().isEmpty() ? text(value) : text(value) + " " + measure.unit();
  }

  /** A median and, of several runs, half of the range in which the middle half of them lies. */
  static String text(Cell.Measured cell) {
    boolean varies = cell.samples().size() > 1 && cell.median() > 0;
    return text(cell.median())
        + (varies
            ? " ±" + Math.round((cell.high() - cell.low()) / 2 / cell.median() * 100) + "%"
            : "");
  }

  static String spread(Cell.Measured cell) {
    return text(cell.low()) + "–" + text(cell.high());
  }

  static String text(Cell.Projected cell) {
    return "≈ " + text(rounded(cell.projected())) + " (" + cell.ran() + " ran)";
  }

  /** {@code × 0.98}; nothing where there is nothing to compare with. */
  static String relative(OptionalDouble relative) {
    return relative.isEmpty() ? "" : "× " + text(relative.getAsDouble());
  }

  /** Two digits: a projection is no better than that. */
  private static double rounded(long value) {
    double step =
        Math.pow(10, Math.max(0, Math.floor(Math.log10((double) Math.max(1, value))) - 1));
    return Math.floor(value / step) * step;
  }
}
