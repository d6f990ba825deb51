package dev.abode.engine.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.abode.engine.failure.EngineException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ToolTest {
  private static final Tool SHELL = new Tool("sh", "dash");

  @Test
  void whatItSaysIsReturned() throws IOException {
    assertThat(SHELL.run("greet", List.of("-c", "echo out; echo err >&2"))).isEqualTo("out\nerr\n");
  }

  @Test
  void ofMuchOutputTheEndIsKept() throws IOException {
    String output = SHELL.run("count", List.of("-c", "seq 1 100000"));

    assertThat(output).hasSizeLessThanOrEqualTo(64 << 10).endsWith("99999\n100000\n");
  }

  @Test
  void aMissingToolIsNamedWithItsPackage() {
    assertThatExceptionOfType(EngineException.class)
        .isThrownBy(() -> new Tool("no-such-tool", "its-package").run("fly", List.of()))
        .withMessage("cannot fly: no-such-tool is not installed; install the package its-package")
        .matches(e -> e.kind() == EngineException.Kind.UNSUPPORTED);
  }

  @Test
  void aFailureQuotesWhatWasSaid() {
    assertThatExceptionOfType(EngineException.class)
        .isThrownBy(() -> SHELL.run("fly", List.of("-c", "echo no wings; exit 3")))
        .withMessage("cannot fly: sh failed, it ended with status 3; it said: no wings");
  }
}
