package dev.abode.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.cli.RunningEngine.Outcome;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.json.Json;
import dev.abode.linux.testing.TestImages;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code --format} of every verb that lists or inspects, with the forms that the examples of
 * Docker's documentation use.
 */
@Tag("slow")
class FormatsTest {
  /** Each with the words that make it answer with at least one row, and with a field of a row. */
  private static final Map<List<String>, String> ROWS =
      Map.ofEntries(
          Map.entry(List.of("ps", "-a"), "Names"),
          Map.entry(List.of("images"), "Repository"),
          Map.entry(List.of("history", RunningEngine.IMAGE), "CreatedBy"),
          Map.entry(List.of("stats", "--no-stream", "box"), "Name"),
          Map.entry(List.of("network", "ls"), "Driver"),
          Map.entry(List.of("volume", "ls"), "Mountpoint"),
          Map.entry(List.of("doctor"), "Verdict"),
          Map.entry(List.of("snapshot", "ls", "still"), "State"),
          Map.entry(List.of("system", "df"), "Type"));

  private static final Map<List<String>, String> VALUES =
      Map.ofEntries(
          Map.entry(List.of("inspect", "box"), "Name"),
          Map.entry(List.of("container", "inspect", "box"), "Name"),
          Map.entry(List.of("image", "inspect", RunningEngine.IMAGE), "Architecture"),
          Map.entry(List.of("network", "inspect", "bridge"), "Driver"),
          Map.entry(List.of("volume", "inspect", "data"), "Mountpoint"),
          Map.entry(List.of("info"), "KernelVersion"),
          Map.entry(List.of("version"), "Client"),
          Map.entry(List.of("engine", "status"), "Version"),
          Map.entry(List.of("events", "--since", "1h", "--until", "0s"), "Type"));

  private static RunningEngine engine;

  @BeforeAll
  static void open() throws Exception {
    engine = new RunningEngine();
    ok("load", "-i", TestImages.folder().resolve("docker-archive/alpine-310.tar.gz").toString());
    ok("volume", "create", "data");
    ok("run", "-d", "--name", "box", RunningEngine.IMAGE, "sleep", "1000");
    ok("run", "--name", "still", RunningEngine.IMAGE, "true");
    ok("snapshot", "create", "still");
  }

  @AfterAll
  static void close() throws Exception {
    engine.close();
  }

  private static String ok(String... words) throws Exception {
    Outcome outcome = engine.abode(words);
    assertThat(outcome.status()).as(List.of(words) + ": " + outcome).isZero();
    return outcome.output();
  }

  private static String formatted(List<String> words, String format) throws Exception {
    return ok(Stream.concat(words.stream(), Stream.of("--format", format)).toArray(String[]::new));
  }

  @Test
  void everyVerbWithTheOptionIsTriedHere() {
    List<String> tried =
        Stream.concat(ROWS.keySet().stream(), VALUES.keySet().stream())
            .map(
                words ->
                    Verbs.isGroup(words.getFirst())
                        ? words.get(0) + " " + words.get(1)
                        : words.getFirst())
            .toList();
    List<String> all =
        Stream.of(Verbs.COMMON, Verbs.OTHER, Verbs.GROUPED)
            .flatMap(List::stream)
            .filter(FormatsTest::takesFormat)
            .toList();
    assertThat(tried).containsAll(all);
  }

  private static boolean takesFormat(String verb) {
    Syntax syntax = Verbs.named(verb).orElseThrow().syntax();
    return syntax.options().stream().anyMatch(option -> option.name().equals("format"));
  }

  @Test
  void rowsAreTablesJsonOrTemplates() throws Exception {
    for (Map.Entry<List<String>, String> entry : ROWS.entrySet()) {
      List<String> words = entry.getKey();
      String field = entry.getValue();
      String table = formatted(words, "table");
      assertThat(table.lines().findFirst().orElse("")).as("%s", words).isUpperCase();
      assertThat(formatted(words, "table {{." + field + "}}\\t{{json ." + field + "}}"))
          .as("%s", words)
          .hasLineCount((int) table.lines().count());
      Json row = Json.parse(formatted(words, "json").lines().findFirst().orElse(""));
      assertThat(row.text(field)).as("%s: %s", words, row.compact()).isNotEmpty();
      assertThat(formatted(words, "{{." + field + "}}").lines()).contains(row.text(field));
      assertThat(formatted(words, "{{json .}}").lines().findFirst().orElse("")).startsWith("{\"");
    }
  }

  @Test
  void valuesAreJsonOrTemplates() throws Exception {
    for (Map.Entry<List<String>, String> entry : VALUES.entrySet()) {
      List<String> words = entry.getKey();
      assertThat(formatted(words, "{{." + entry.getValue() + "}}"))
          .as("%s", words)
          .isNotBlank()
          .doesNotContain("<no value>");
      for (String form : List.of("json", "{{json .}}")) {
        String text = formatted(words, form).lines().findFirst().orElse("");
        Json value = Json.parse(text);
        assertThat(value.isNull()).as("%s: %s", words, text).isFalse();
      }
    }
  }

  @Test
  void theEnginesProcessPrintsTheSame() throws Exception {
    for (List<String> words :
        List.of(
            List.of("ps", "-a", "--format", "{{.ID}} {{.CreatedAt}} {{json .Names}}"),
            List.of("images", "--no-trunc", "--format", "table {{.ID}}\\t{{.CreatedAt}}"),
            List.of("inspect", "box"),
            List.of("history", "--quiet", "--no-trunc", RunningEngine.IMAGE),
            List.of("network", "ls"),
            List.of("volume", "inspect", "data", "nobody"),
            List.of("why", "nobody"),
            List.of("logs", "nobody"),
            List.of("version"))) {
      String[] line = words.toArray(String[]::new);
      assertThat(engine.hosted(line)).as("%s", words).isEqualTo(engine.abode(line));
    }
  }

  @Test
  void templatesOfDockersDocumentationWork() throws Exception {
    assertThat(formatted(List.of("ps"), "{{.ID}}: {{.Command}}")).contains(": \"sleep 1000\"");
    assertThat(formatted(List.of("ps"), "table {{.ID}}\\t{{.Labels}}")).contains("LABELS");
    List<String> box = List.of("inspect", "box");
    assertThat(formatted(box, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"))
        .matches("[0-9.]+\n");
    assertThat(formatted(box, "{{range $p, $conf := .NetworkSettings.Ports}} {{$p}} {{end}}"))
        .isBlank();
    assertThat(formatted(box, "{{json .Config}}")).startsWith("{\"");
    assertThat(formatted(box, "{{.State.Status}} {{len .Config.Cmd}} {{index .Config.Cmd 1}}"))
        .isEqualTo("running 2 1000\n");
    assertThat(formatted(box, "{{if .State.Running}}up{{else}}down{{end}} {{upper .Name}}"))
        .isEqualTo("up /BOX\n");
    assertThat(formatted(box, "{{join .Config.Cmd \"+\"}} {{slice .Id 0 3 | len}}"))
        .isEqualTo("sleep+1000 3\n");
    assertThat(formatted(box, "{{printf \"%s-%d\" .Name .RestartCount}}")).isEqualTo("/box-0\n");
  }

  @Test
  void nothingIsColouredWhereNobodySeesIt() throws Exception {
    for (String[] words :
        new String[][] {{"explain", "box"}, {"why", "box"}, {"ps", "-a"}, {"images"}, {"info"}}) {
      assertThat(ok(words)).doesNotContain("\033");
    }
  }
}
