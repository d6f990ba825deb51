package dev.abode.cli.compare;

import dev.abode.cli.compare.Comparison.Column;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/** The cells of a table of text, and the reasons for its gaps, each with a number. */
final class CellWords {
  private static final String NOTHING = "–";

  private final Comparison comparison;
  private final Map<String, Integer> reasons = new LinkedHashMap<>();

  CellWords(Comparison comparison) {
    this.comparison = comparison;
  }

  /**
   * What stands in the table; work and conversations are told in proportion to no walls as well.
   */
  String of(Column column, Measure measure) {
    return switch (comparison.cell(column, measure)) {
      case Cell.Measured measured -> {
        OptionalDouble relative = comparison.relative(column, measure);
        boolean tell =
            !column.name().equals(Comparison.NATIVE)
                && relative.isPresent()
                && (measure.subject() == Measure.Subject.WORKING
                    || measure.subject() == Measure.Subject.TALKING);
        yield Numbers.text(measured) + (tell ? " " + Numbers.relative(relative) : "");
      }
      case Cell.Projected projected -> Numbers.text(projected);
      case Cell.Observed observed -> observed.words();
      case Cell.NotMeasured gap ->
          NOTHING
              + " ["
              + reasons.computeIfAbsent(gap.reason(), unknown -> reasons.size() + 1)
              + "]";
    };
  }

  /** What the sign and the number behind a median mean, and how long it took. */
  String legend() {
    return "Medians; ± is half of the range in which the middle half of the runs lies; × is the"
        + " proportion to no walls. Took "
        + comparison.took().toSeconds()
        + " s"
        + (comparison.setting().quick() ? "; without --quick there are more runs." : ".");
  }

  /** The reasons of all gaps that were asked for, by their numbers. */
  Map<String, Integer> reasons() {
    return reasons;
  }
}
