package dev.abode.cli.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.cli.command.EngineAddress;
import dev.abode.cli.command.Session;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StyleTest {
  private static Style style(Set<Integer> terminals, Map<String, String> environment) {
    try (Session session =
        Session.hosted(
            OutputStream.nullOutputStream(),
            OutputStream.nullOutputStream(),
            environment,
            terminals,
            new EngineAddress(Path.of("/nowhere"), Optional.empty()))) {
      return Style.of(session);
    }
  }

  @Test
  void onlyATerminalGetsEmphasis() {
    assertThat(style(Set.of(1), Map.of("TERM", "xterm")).strong("x")).isEqualTo("\033[1mx\033[0m");
    // The others being terminals does not help: it is the output that is read.
    assertThat(style(Set.of(0, 2), Map.of("TERM", "xterm")).strong("x")).isEqualTo("x");
  }

  @Test
  void whoWantsNoColourGetsNone() {
    assertThat(style(Set.of(1), Map.of("NO_COLOR", "1")).bad("x")).isEqualTo("x");
    assertThat(style(Set.of(1), Map.of("TERM", "dumb")).bad("x")).isEqualTo("x");
    // no-color.org: present and not empty.
    assertThat(style(Set.of(1), Map.of("NO_COLOR", "")).bad("x")).startsWith("\033[31m");
  }

  @Test
  void linesAreAsWideAsTheTerminalSays() {
    String words = "word ".repeat(40).strip();
    assertThat(style(Set.of(), Map.of("COLUMNS", "60")).wrap(words, 0))
        .allMatch(line -> line.length() <= 60);
    assertThat(style(Set.of(), Map.of("COLUMNS", "nonsense")).width()).isEqualTo(96);
    assertThat(style(Set.of(), Map.of("COLUMNS", "10")).width()).isEqualTo(40);
  }
}
