package dev.abode.cli.compare;

import dev.abode.cli.compare.Comparison.Column;
import dev.abode.cli.format.Style;
import dev.abode.cli.format.Table;
import java.util.ArrayList;
import java.util.List;

/** The comparison as a table on the terminal, and what it means in a few sentences. */
final class TextReport {
  private final Comparison comparison;
  private final Style style;
  private final CellWords cells;

  TextReport(Comparison comparison, Style style) {
    this.comparison = comparison;
    this.style = style;
    this.cells = new CellWords(comparison);
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
    paragraph(text, cells.legend());
    for (String sentence : Summary.of(comparison)) {
      paragraph(text, sentence);
    }
    paragraph(text, setting.meaning());
    cells
        .reasons()
        .forEach((reason, number) -> paragraph(text, "[" + number + "] not measured: " + reason));
    comparison.notes().forEach(note -> paragraph(text, "Note: " + note));
    return text.toString();
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
          row.add(cells.of(column, measure));
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
}
