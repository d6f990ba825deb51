package dev.abode.cli.compare;

import dev.abode.cli.compare.Comparison.Column;
import dev.abode.cli.json.Json;
import java.util.ArrayList;
import java.util.List;

/** The comparison for programs. */
final class JsonReport {
  private JsonReport() {}

  static Json of(Comparison comparison) {
    Comparison.Setting setting = comparison.setting();
    List<Json> columns = new ArrayList<>();
    for (Column column : comparison.columns()) {
      columns.add(Json.object().with("name", column.name()).with("title", column.title()));
    }
    List<Json> measures = new ArrayList<>();
    for (Measure measure : Measure.values()) {
      measures.add(measure(comparison, measure));
    }
    return Json.object()
        .with("image", setting.image())
        .with("quick", Json.of(setting.quick()))
        .with("seconds", Json.of(comparison.took().toMillis() / 1000.0))
        .with(
            "host",
            Json.object()
                .with("kernel", setting.kernel())
                .with("processors", Json.of(setting.processors()))
                .with("memoryBytes", Json.of(setting.memoryBytes()))
                .with("hypervisor", setting.hypervisor().orElse(""))
                .with("emulated", Json.of(setting.isEmulated()))
                .with("meaning", setting.meaning()))
        .with("notes", Json.texts(comparison.notes()))
        .with("summary", Json.texts(Summary.of(comparison)))
        .with("places", new Json.Items(columns))
        .with("measures", new Json.Items(measures));
  }

  private static Json measure(Comparison comparison, Measure measure) {
    Json.Fields cells = Json.object();
    for (Column column : comparison.columns()) {
      cells.with(column.name(), cell(comparison, column, measure));
    }
    return Json.object()
        .with("name", measure.key())
        .with("subject", measure.subject().title())
        .with("title", measure.title())
        .with("unit", measure.unit())
        .with(
            "better",
            switch (measure.better()) {
              case LOWER -> "lower";
              case HIGHER -> "higher";
              case NEITHER -> "";
            })
        .with("explanation", measure.explanation())
        .with("cells", cells);
  }

  private static Json cell(Comparison comparison, Column column, Measure measure) {
    return switch (comparison.cell(column, measure)) {
      case Cell.Measured measured -> {
        List<Json> samples = new ArrayList<>();
        measured.samples().forEach(sample -> samples.add(Json.of(sample)));
        Json.Fields cell =
            Json.object()
                .with("median", Json.of(measured.median()))
                .with("low", Json.of(measured.low()))
                .with("high", Json.of(measured.high()))
                .with("samples", new Json.Items(samples));
        comparison
            .relative(column, measure)
            .ifPresent(relative -> cell.with("relative", Json.of(relative)));
        yield cell;
      }
      case Cell.Projected projected ->
          Json.object()
              .with("ran", Json.of(projected.ran()))
              .with("projected", Json.of(projected.projected()));
      case Cell.Observed observed -> Json.object().with("observed", observed.words());
      case Cell.NotMeasured gap -> Json.object().with("notMeasured", gap.reason());
    };
  }
}
