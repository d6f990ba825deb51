package dev.abode.engine.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestProcessesTest {
  private static final String STAT =
      "42 (odd) name) S 7 42 42 34817 42 4194560 99 0 0 0 6000 1500 0 0 20 0 1 0 12345 1 2";

  @Test
  void aProcessIsReadAsPsShowsIt() {
    List<String> row =
        GuestProcesses.row("42", STAT, "root", "sh -c true", 100_123.45).orElseThrow();

    assertThat(row.subList(0, 4)).containsExactly("root", "42", "7", "0");
    assertThat(row.subList(5, 8)).containsExactly("pts/1", "00:01:15", "sh -c true");
  }

  @Test
  void aProcessWithoutACommandLineIsNamedInBrackets() {
    assertThat(GuestProcesses.row("42", STAT, "root", "", 1).orElseThrow().getLast())
        .isEqualTo("[odd) name]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "42", "42 (a", ") (", "42 (a) S 1", "42 (a) S x y z"})
  void whatAGuestMakesUpHarmsNobody(String stat) {
    assertThat(GuestProcesses.row("42", stat, "root", "x", 1)).isEmpty();
  }
}
