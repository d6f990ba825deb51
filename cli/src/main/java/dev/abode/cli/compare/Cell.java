package dev.abode.cli.compare;

import java.util.List;

/** What came of one measure in one place. */
sealed interface Cell {
  /**
   * It was measured.
   *
   * @param samples one a run, in the measure's unit, in the order of the runs
   */
  record Measured(List<Double> samples) implements Cell {
    public Measured {
      samples = List.copyOf(samples);
      if (samples.isEmpty()) {
        throw new IllegalArgumentException("measured, but not once");
      }
    }

    static Measured once(double value) {
      return new Measured(List.of(value));
    }

    double median() {
      return quantile(0.5);
    }

    /** A quarter of the runs were below. */
    double low() {
      return quantile(0.25);
    }

    /** A quarter of the runs were above. */
    double high() {
      return quantile(0.75);
    }

    /** Between two runs, in proportion. */
    private double quantile(double share) {
      List<Double> sorted = samples.stream().sorted().toList();
      double position = share * (sorted.size() - 1);
      int below = (int) Math.floor(position);
      int above = (int) Math.ceil(position);
      double part = position - below;
      return sorted.get(below) * (1 - part) + sorted.get(above) * part;
    }
  }

  /**
   * A number that was reached, and the one that follows from what each of them took.
   *
   * @param ran as many ran at once
   * @param projected as many would
   */
  record Projected(long ran, long projected) implements Cell {}

  /** No number: something that was looked at. */
  record Observed(String words) implements Cell {}

  /** It was not measured, and why. */
  record NotMeasured(String reason) implements Cell {}
}
