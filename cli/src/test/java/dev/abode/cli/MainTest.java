package dev.abode.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.EngineAddress;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Version;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
  @TempDir private Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... words) {
    EngineAddress nobody = new EngineAddress(folder.resolve("none"), Optional.empty());
    try (Session session = Session.on(InputStream.nullInputStream(), out, err, Map.of(), nobody)) {
      return Main.run(Main.CommandLine.of(List.of(words)), session);
    }
  }

  private static Stream<String> names() {
    return Stream.of(Verbs.COMMON, Verbs.OTHER, Verbs.GROUPED).flatMap(List::stream);
  }

  @Test
  void everyVerbOfTheHelpHasASummaryAndAnExampleThatParses() {
    assertThat(names())
        .allSatisfy(
            name -> {
              Syntax syntax = Verbs.named(name).orElseThrow().syntax();
              assertThat(syntax.name()).isEqualTo(name);
              assertThat(syntax.summary()).isNotBlank();
              assertThat(syntax.examples()).isNotEmpty();
              assertThat(syntax.examples()).allMatch(line -> line.startsWith("abode " + name));
              assertThat(run((name + " --help").split(" ", -1))).isZero();
            });
  }

  @Test
  void theHelpOfAGroupHasItsVerbsAndNoOthers() {
    for (String line : List.of("snapshot --help", "help snapshot", "snapshot")) {
      out.reset();
      assertThat(run(line.split(" ", -1))).isZero();
      assertThat(out.toString(StandardCharsets.UTF_8))
          .startsWith("Usage: abode snapshot VERB [OPTIONS]\n")
          .contains("  snapshot clone ", "  snapshot rm ")
          .doesNotContain("doctor");
    }
    out.reset();
    run("container", "--help");
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("  container exec ", "  container ls ", "  container prune ")
        .doesNotContain("  image ");
  }

  @Test
  void noVerbHasTwoOptionsOfOneName() {
    assertThat(names())
        .allSatisfy(
            name -> {
              Syntax syntax = Verbs.named(name).orElseThrow().syntax();
              assertThat(syntax.options().stream().map(option -> "--" + option.name()))
                  .doesNotHaveDuplicates();
              assertThat(syntax.options().stream().flatMap(option -> option.letter().stream()))
                  .doesNotHaveDuplicates();
            });
  }

  @Test
  void aMistypedVerbGetsASuggestion() {
    assertThat(run("rnu")).isEqualTo(125);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo("abode: there is no verb \"rnu\"; did you mean: run?\n");
  }

  @Test
  void withoutAnEngineAtAGivenAddressItIsSaidHowToStartOne() {
    assertThat(run("ps")).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("no engine listens on " + folder.resolve("none"), "abode engine run --socket");
    assertThat(run("run", "alpine")).isEqualTo(125);
    assertThat(run("engine", "status")).isEqualTo(3);
  }

  @Test
  void theAddressIsThatOfTheOptionThenOfTheEnvironment() {
    Map<String, String> both =
        Map.of("ABODE_HOST", "unix:///ours", "DOCKER_HOST", "unix:///dockers");
    assertThat(EngineAddress.of(Main.CommandLine.of(List.of("-H", "unix:///x", "ps")).host(), both))
        .isEqualTo(new EngineAddress(Path.of("/x"), Optional.empty()));
    assertThat(EngineAddress.of(Optional.empty(), both).socket()).isEqualTo(Path.of("/ours"));
    assertThat(EngineAddress.of(Optional.empty(), Map.of("DOCKER_HOST", "unix:///d")).socket())
        .isEqualTo(Path.of("/d"));
    assertThat(EngineAddress.of(Optional.empty(), Map.of()).socket())
        .isEqualTo(Path.of("/run/abode/abode.sock"));
  }

  @Test
  void theVersionIsThatOfTheProject() throws IOException {
    assertThat(Files.readString(Path.of("pom.xml")))
        .contains("<version>" + Version.PRODUCT + "-SNAPSHOT</version>");
  }
}
