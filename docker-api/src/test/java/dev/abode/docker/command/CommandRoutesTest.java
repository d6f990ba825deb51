package dev.abode.docker.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.docker.failure.ApiException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandRoutesTest {
  private static CommandLine parse(String body) {
    return CommandRoutes.parse(body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aLineIsItsBuildItsTerminalsItsVariablesAndItsWords() {
    assertThat(parse("7.x\00012\0TZ=\0COLUMNS=80\0\0ps\0\0--format\0{{.Names}} ü\0"))
        .isEqualTo(
            new CommandLine(
                "7.x",
                Set.of(1, 2),
                Map.of("TZ", "", "COLUMNS", "80"),
                List.of("ps", "", "--format", "{{.Names}} ü")));
    assertThat(parse("\0\0\0")).isEqualTo(new CommandLine("", Set.of(), Map.of(), List.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "b", "b\0", "b\0\0", "b\0\0A=1\0", "b\0\0A\0\0", "b\0\0=1\0\0", "b\0\0\0ps"})
  void anythingElseIsRefused(String body) {
    assertThatThrownBy(() -> parse(body)).isInstanceOf(ApiException.class);
  }

  @Test
  void wordsThatAreNotUtf8AreRefused() {
    assertThatThrownBy(() -> CommandRoutes.parse(new byte[] {0, 0, 0, (byte) 0xff, 0}))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("UTF-8");
  }
}
