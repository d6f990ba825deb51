package dev.abode.cli.compare;

import dev.abode.cli.compare.Comparison.Column;
import dev.abode.cli.format.Style;
import dev.abode.cli.format.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** The comparison as a table on the terminal, and what it means in a few sentences. */
final class TextReport {
  private static final String NOTHING = "–";

  private final Comparison comparison;
  private final Style style;

  /** Why there are gaps, each reason with the number that stands in the table. */
  private final Map<String, Integer> reasons = new LinkedHashMap<>();

  TextReport(Comparison comparison, Style style) {
    this.comparison = comparison;
    this.style = style;
  }

  String text() {
    Comparison.Setting setting = comparison.setting();
    StringBuilder text = new StringBuilder();
    text.append(
        style.strong(
            setting.image()
                + " with and without walls, on Linux "
                + setting.kernel()
                + " with "
                + setting.processors()
                + " processors\n"));
    for (Measure.Subject subject : Measure.Subject.values()) {
      text.append('\n').append(table(subject));
    }
    text.append('\n');
    paragraph(text, legend());
    for (String sentence : Summary.of(comparison)) {
      paragraph(text, sentence);
    }
    paragraph(text, setting.meaning());
    reasons.forEach(
        (reason, number) -> paragraph(text, "[" + number + "] not measured: " + reason));
    comparison.notes().forEach(note -> paragraph(text, "Note: " + note));
    return text.toString();
  }

  private String legend() {
    return "Medians; ± is half of the range in which the middle half of the runs lies; × is the"
        + " proportion to no walls. Took "
        + comparison.took().toSeconds()
        + " s"
        + (comparison.setting().quick() ? "; without --quick there are more runs." : ".");
  }

  private void paragraph(StringBuilder text, String words) {
    for (String line : style.wrap(words, 0)) {
      text.append(line).append('\n');
    }
  }

  private String table(Measure.Subject subject) {
    Table table = new Table();
    List<String> heading = new ArrayList<>(List.of(subject.title()));
    for (Column column : comparison.columns()) {
      heading.add(column.title());
    }
    table.add(heading.toArray(String[]::new));
    for (Measure measure : Measure.values()) {
      if (measure.subject() == subject) {
        List<String> row = new ArrayList<>(List.of("  " + measure.title() + unit(measure)));
        for (Column column : comparison.columns()) {
          row.add(cell(column, measure));
        }
        table.add(row.toArray(String[]::new));
      }
    }
    String text = table.text();
    int end = text.indexOf('\n');
    return style.strong(text.substring(0, end)) + text.substring(end);
  }

  private static String unit(Measure measure) {
    return measure.unit().isEmpty() ? "" : ", " + measure.unit();
  }

  private String cell(Column column, Measure measure) {
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
}
