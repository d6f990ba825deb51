package dev.abode.cli.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.cli.compare.Comparison.Column;
import dev.abode.cli.format.Style;
import dev.abode.cli.json.Json;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is told of numbers that are known. */
class ComparisonTest {
  private static Comparison comparison(String hypervisor) {
    Map<Column, Map<Measure, Cell>> cells = new LinkedHashMap<>();
    cells.put(
        new Column("native", "no walls"),
        Map.of(
            Measure.FIRST_BYTE,
            new Cell.Measured(List.of(1.0, 2.0, 3.0)),
            Measure.CPU,
            Cell.Measured.once(1000)));
    cells.put(
        new Column("container", "container"),
        Map.of(
            Measure.FIRST_BYTE,
            Cell.Measured.once(20),
            Measure.CPU,
            Cell.Measured.once(950),
            Measure.FIT,
            new Cell.Projected(10, 12345),
            Measure.KERNEL,
            new Cell.Observed("the host's")));
    cells.put(
        new Column("vm", "virtual machine"),
        Map.of(
            Measure.FIRST_BYTE, Cell.Measured.once(2000),
            Measure.CPU, Cell.Measured.once(250),
            Measure.ROUND_TRIP, new Cell.NotMeasured("<no> network")));
    return new Comparison(
        new Comparison.Setting(
            "alpine", true, "6.1", 2, 1L << 33, Optional.of(hypervisor).filter(s -> !s.isEmpty())),
        List.of("podman was not measured"),
        Duration.ofSeconds(42),
        cells);
  }

  private static String text(Comparison comparison) {
    return new TextReport(comparison, new Style(false, 100)).text();
  }

  @Test
  void quantilesLieBetweenRuns() {
    Cell.Measured cell = new Cell.Measured(List.of(4.0, 1.0, 2.0, 3.0));
    assertThat(cell.median()).isEqualTo(2.5);
    assertThat(cell.low()).isEqualTo(1.75);
    assertThat(cell.high()).isEqualTo(3.25);
  }

  @Test
  void numbersHaveThreeDigits() {
    assertThat(Numbers.text(12345.6)).isEqualTo("12,346");
    assertThat(Numbers.text(12.34)).isEqualTo("12.3");
    assertThat(Numbers.text(0.1234)).isEqualTo("0.12");
    assertThat(Numbers.text(0)).isEqualTo("0");
    assertThat(Numbers.text(new Cell.Projected(10, 12345))).isEqualTo("≈ 12,000 (10 ran)");
  }

  @Test
  void theTableTellsMediansSpreadsProportionsAndReasons() {
    String text = text(comparison("QEMU 7.2, KVM"));
    assertThat(text).contains("2 ±25%", "950 × 0.95", "250 × 0.25", "≈ 12,000 (10 ran)");
    assertThat(text)
        .containsPattern("round trip from the host, µs +– \\[\\d\\] +– \\[\\d\\] +– \\[\\d\\]");
    assertThat(text).contains("not measured: <no> network", "Note: podman was not measured");
    assertThat(text).contains("100 times as fast as a virtual machine");
    assertThat(text).contains("at the host's speed, in a virtual machine at 25 % of");
  }

  @Test
  void aDocumentGetsATableWhoseRowsAreAllOfOneWidth() {
    String text = MarkdownReport.of(comparison("QEMU 7.2, KVM"));
    assertThat(text)
        .startsWith("| `alpine` | no walls | container | virtual machine |\n|---|---|---|---|\n")
        .contains("| sorting numbers, M/s | 1,000 | 950 × 0.95 | 250 × 0.25 |\n")
        .contains("| **Network** |  |  |  |\n", "]: <no> network.", "podman was not measured");
    List<String> rows = text.lines().filter(line -> line.startsWith("|")).toList();
    assertThat(rows).hasSize(2 + Measure.Subject.values().length + Measure.values().length);
    assertThat(rows).allMatch(row -> row.chars().filter(letter -> letter == '|').count() == 5);
  }

  @Test
  void theHypervisorsModeIsToldWithWhatItMeans() {
    assertThat(text(comparison("QEMU 7.2, KVM"))).contains("the processor itself runs");
    assertThat(text(comparison("QEMU 7.2, software emulation"))).contains("several times");
    assertThat(text(comparison(""))).contains("No virtual machine could be run");
  }

  @Test
  void programsGetEverySample() {
    Json json = Json.parse(JsonReport.of(comparison("QEMU 7.2, KVM")).compact());
    Json first = json.items("measures").get(1);
    assertThat(first.text("name")).isEqualTo("firstByte");
    assertThat(first.texts("cells", "native", "samples")).hasSize(3);
    assertThat(first.text("cells", "vm", "relative")).isEqualTo("1000.0");
    assertThat(json.isTrue("host", "emulated")).isFalse();
  }

  @Test
  void thePageIsWholeAndEscaped() throws Exception {
    String page = HtmlReport.of(comparison("QEMU 7.2, KVM"));
    assertThat(page).doesNotContain("{{").contains("not measured: &lt;no&gt; network");
    for (Measure measure : Measure.values()) {
      assertThat(page).contains(measure.explanation());
    }
    assertThat(page).contains("<rect class=\"bar\" width=\"100.00\"");
  }
}
