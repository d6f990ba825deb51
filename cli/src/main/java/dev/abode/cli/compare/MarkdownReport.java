package dev.abode.cli.compare;

import dev.abode.cli.compare.Comparison.Column;
import java.util.ArrayList;
import java.util.List;

/** The comparison as a table for a document in Markdown, and a paragraph on what it means. */
final class MarkdownReport {
  private final Comparison comparison;
  private final CellWords cells;

  private MarkdownReport(Comparison comparison) {
    this.comparison = comparison;
    this.cells = new CellWords(comparison);
  }

  static String of(Comparison comparison) {
    return new MarkdownReport(comparison).text();
  }

  private String text() {
    Comparison.Setting setting = comparison.setting();
    List<String> titles = comparison.columns().stream().map(Column::title).toList();
    StringBuilder text = new StringBuilder();
    row(text, "`" + setting.image() + "`", titles);
    text.append("|---").repeat("|---", titles.size()).append("|\n");
    for (Measure.Subject subject : Measure.Subject.values()) {
      row(text, "**" + subject.title() + "**", titles.stream().map(title -> "").toList());
      for (Measure measure : Measure.values()) {
        if (measure.subject() == subject) {
          String unit = measure.unit().isEmpty() ? "" : ", " + measure.unit();
          row(
              text,
              measure.title() + unit,
              comparison.columns().stream().map(column -> cells.of(column, measure)).toList());
        }
      }
    }
    List<String> words = new ArrayList<>();
    words.add(
        "Linux "
            + setting.kernel()
            + " with "
            + setting.processors()
            + " processors. "
            + cells.legend());
    words.addAll(Summary.of(comparison));
    words.add(setting.meaning());
    cells.reasons().forEach((reason, number) -> words.add("[" + number + "]: " + ended(reason)));
    words.addAll(comparison.notes());
    return text.append('\n').append(String.join(" ", words)).append('\n').toString();
  }

  private static void row(StringBuilder text, String name, List<String> values) {
    text.append("| ").append(escaped(name));
    values.forEach(value -> text.append(" | ").append(escaped(value)));
    text.append(" |\n");
  }

  private static String ended(String sentence) {
    return sentence.endsWith(".") ? sentence : sentence + ".";
  }

  /** What would end a cell, or begin an element of HTML, in a table. */
  private static String escaped(String value) {
    return value.replace("|", "\\|").replace("<", "&lt;");
  }
}
