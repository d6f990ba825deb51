package dev.abode.cli.compare;

import dev.abode.cli.compare.Comparison.Column;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * The comparison as one page that needs nothing else: no script, no font, no picture from anywhere.
 */
final class HtmlReport {
  private static final String FRAME = "page.html";

  /** Narrower than this, in per cent of the chart, a bar cannot be seen. */
  private static final double THINNEST = 0.6;

  private final Comparison comparison;

  private HtmlReport(Comparison comparison) {
    this.comparison = comparison;
  }

  static String of(Comparison comparison) throws IOException {
    HtmlReport report = new HtmlReport(comparison);
    Comparison.Setting setting = comparison.setting();
    return frame()
        .replace("{{image}}", escaped(setting.image()))
        .replace("{{kernel}}", escaped(setting.kernel()))
        .replace("{{processors}}", Integer.toString(setting.processors()))
        .replace("{{memory}}", Numbers.text(setting.memoryBytes() / 1024.0 / 1024 / 1024))
        .replace("{{meaning}}", escaped(setting.meaning()))
        .replace("{{seconds}}", Long.toString(comparison.took().toSeconds()))
        .replace("{{summary}}", list(Summary.of(comparison)))
        .replace("{{notes}}", list(comparison.notes()))
        .replace("{{legend}}", report.legend())
        .replace("{{subjects}}", report.subjects());
  }

  private static String frame() throws IOException {
    try (InputStream frame = HtmlReport.class.getResourceAsStream(FRAME)) {
      if (frame == null) {
        throw new FileNotFoundException(FRAME + " is not part of this build of abode");
      }
      return new String(frame.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String list(List<String> sentences) {
    StringBuilder list = new StringBuilder();
    sentences.forEach(sentence -> list.append("<li>").append(escaped(sentence)).append("</li>\n"));
    return list.toString();
  }

  private String legend() {
    StringBuilder legend = new StringBuilder();
    for (Column column : comparison.columns()) {
      legend
          .append("<span class=\"key ")
          .append(column.name())
          .append("\">")
          .append(escaped(column.title()))
          .append("</span>\n");
    }
    return legend.toString();
  }

  private String subjects() {
    StringBuilder html = new StringBuilder();
    for (Measure.Subject subject : Measure.Subject.values()) {
      html.append("<section>\n<h2>").append(escaped(subject.title())).append("</h2>\n");
      html.append("<div class=\"cards\">\n");
      for (Measure measure : Measure.values()) {
        if (measure.subject() == subject) {
          html.append(card(measure));
        }
      }
      html.append("</div>\n</section>\n");
    }
    return html.toString();
  }

  private String card(Measure measure) {
    StringBuilder html = new StringBuilder("<article>\n<h3>");
    html.append(escaped(capitalized(measure.title())));
    html.append("<small>").append(hint(measure)).append("</small></h3>\n");
    html.append("<p>").append(escaped(measure.explanation())).append("</p>\n<dl>\n");
    double widest = 0;
    for (Column column : comparison.columns()) {
      widest = Math.max(widest, length(comparison.cell(column, measure)));
    }
    for (Column column : comparison.columns()) {
      html.append(line(column, measure, widest));
    }
    return html.append("</dl>\n</article>\n").toString();
  }

  private String line(Column column, Measure measure, double widest) {
    Cell cell = comparison.cell(column, measure);
    String value =
        switch (cell) {
          case Cell.Measured measured ->
              bar(column, measured.median(), widest) + label(column, measured, measure);
          case Cell.Projected projected ->
              bar(column, (double) projected.projected(), widest)
                  + "<span>"
                  + escaped(Numbers.text(projected))
                  + "</span>";
          case Cell.Observed observed -> "<b>" + escaped(observed.words()) + "</b>";
          case Cell.NotMeasured gap -> "<i>not measured: " + escaped(gap.reason()) + "</i>";
        };
    return "<dt>" + escaped(column.title()) + "</dt><dd>" + value + "</dd>\n";
  }

  private String label(Column column, Cell.Measured measured, Measure measure) {
    StringBuilder label = new StringBuilder("<span title=\"");
    label.append(measured.samples().size()).append(" runs, the middle half ");
    label.append(escaped(Numbers.spread(measured))).append("\">");
    label.append(escaped(Numbers.text(measured.median(), measure)));
    boolean proportion =
        !column.name().equals(Comparison.NATIVE) && measure.better() == Measure.Better.HIGHER;
    if (proportion && comparison.relative(column, measure).isPresent()) {
      label
          .append(" <em>")
          .append(escaped(Numbers.relative(comparison.relative(column, measure))))
          .append("</em>");
    }
    return label.append("</span>").toString();
  }

  private static String bar(Column column, double value, double widest) {
    double percent = widest == 0 ? 0 : Math.max(THINNEST, value / widest * 100);
    return String.format(
        Locale.ROOT,
        "<svg class=\"%s\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
            + "<rect class=\"track\" width=\"100\" height=\"10\"/>"
            + "<rect class=\"bar\" width=\"%.2f\" height=\"10\"/></svg>",
        column.name(),
        percent);
  }

  private static double length(Cell cell) {
    return switch (cell) {
      case Cell.Measured measured -> measured.median();
      case Cell.Projected projected -> projected.projected();
      case Cell.Observed ignored -> 0;
      case Cell.NotMeasured ignored -> 0;
    };
  }

  private static String hint(Measure measure) {
    return switch (measure.better()) {
      case LOWER -> "less is better";
      case HIGHER -> "more is better";
      case NEITHER -> "";
    };
  }

  private static String capitalized(String title) {
    return title.substring(0, 1).toUpperCase(Locale.ROOT) + title.substring(1);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
