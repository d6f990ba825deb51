package dev.abode.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.cli.command.EngineAddress;
import dev.abode.docker.command.CommandHost;
import dev.abode.docker.command.CommandLine;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostedCommandsTest {
  private static final EngineAddress NOWHERE =
      new EngineAddress(Path.of("/nowhere/s"), Optional.of(Path.of("/nowhere")));

  private final HostedCommands commands = new HostedCommands(NOWHERE, "7", "Europe/Berlin");

  private Optional<CommandHost.Hosted> accept(String build, String zone, String words) {
    List<String> line = words.isEmpty() ? List.of() : List.of(words.split(" ", -1));
    return commands.accept(new CommandLine(build, Set.of(), Map.of("TZ", zone), line));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--version",
        "help run",
        "ps -a",
        "container ls",
        "images",
        "image inspect x",
        "inspect x",
        "logs x",
        "network ls",
        "completion suggest ps",
        "why x",
        "run --help",
        "ps --nonsense",
        "nonsense"
      })
  void questionsAreTaken(String words) {
    assertThat(accept("7", "Europe/Berlin", words)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // What reads input, files or the environment.
        "run alpine",
        "create --env-file f alpine",
        "explain alpine",
        "exec box sh",
        "cp a box:b",
        "load",
        "login",
        "pull alpine",
        "compare",
        "doctor",
        // What changes something, and what does not end by itself.
        "rm -f box",
        "system prune",
        "engine stop",
        "engine run",
        "logs -f box",
        "events",
        "stats",
        // The engine that is meant was said already.
        "-H unix:///other ps",
        "--nonsense ps"
      })
  void everythingElseIsLeftToTheClient(String words) {
    assertThat(accept("7", "Europe/Berlin", words)).isEmpty();
  }

  @Test
  void anotherBuildAndAnotherTimeZoneAreLeftToTheClient() {
    assertThat(accept("8", "Europe/Berlin", "ps")).isEmpty();
    assertThat(accept("7", "Asia/Tokyo", "ps")).isEmpty();
    assertThat(accept("7", "", "ps")).isEmpty();
    assertThat(
            new HostedCommands(NOWHERE, "", "")
                .accept(new CommandLine("", Set.of(), Map.of(), List.of("ps"))))
        .isEmpty();
  }

  @Test
  void whatGoesWrongIsSaidAsACommandSaysIt() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    assertThat(accept("7", "Europe/Berlin", "ps --nonsense").orElseThrow().run(out, err))
        .isEqualTo(125);
    assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("abode: unknown option");
    err.reset();
    // The root is not for a hosted command to start an engine on.
    assertThat(accept("7", "Europe/Berlin", "ps").orElseThrow().run(out, err)).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("no engine listens on /nowhere/s");
    assertThat(out.size()).isZero();
  }
}
