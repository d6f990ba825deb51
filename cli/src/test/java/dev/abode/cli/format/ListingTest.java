package dev.abode.cli.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.cli.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ListingTest {
  private static final Listing LISTING = Listing.of("ID", "THING ID", "Names", "NAMES");
  private static final List<Json> ROWS =
      List.of(
          Json.object().with("ID", "1").with("Names", "a").with("CreatedAt", "then"),
          Json.object().with("ID", "a long name…").with("Names", "b").with("CreatedAt", "now"));

  private static String print(String... format) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LISTING.print(
        new PrintStream(out, /* autoFlush= */ true, StandardCharsets.UTF_8),
        format.length == 0 ? Optional.empty() : Optional.of(format[0]),
        ROWS);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void columnsAreAsWideAsTheirWidestCellAndThreeSpaces() {
    assertThat(print()).isEqualTo("THING ID       NAMES\n1              a\na long name…   b\n");
  }

  @Test
  void aTableOfChosenColumnsGetsTheirHeadings() {
    assertThat(print("table {{.Names}}\\t{{.CreatedAt}}"))
        .isEqualTo("NAMES     CREATED AT\na         then\nb         now\n");
  }

  @Test
  void jsonAndTemplatesAreALineEach() {
    assertThat(print("json").lines().toList().getFirst())
        .isEqualTo("{\"ID\":\"1\",\"Names\":\"a\",\"CreatedAt\":\"then\"}");
    assertThat(print("{{.Names}}:{{.ID}}")).isEqualTo("a:1\nb:a long name…\n");
  }
}
