package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.testing.Eventually;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Our own command line does the same things in the same words. */
class AbodeCommandTest {
  @RegisterExtension static final RunningEngine engine = new RunningEngine();

  @Test
  void runsLogsEntersCopiesAndRemoves() throws Exception {
    assertThat(engine.abode("run", "--rm", ALPINE, "echo", "hi").ok().text()).isEqualTo("hi");
    engine.abode("run", "--rm", ALPINE, "sh", "-c", "exit 7").fails(7);
    engine.abode("run", "--rm", ALPINE, "no-such-program").fails(127);
    assertThat(engine.abode("run", "--rm", "-i", ALPINE, "cat").input("in").ok().out())
        .isEqualTo("in");
    String id =
        engine
            .abode("run", "-d", "--name", "box", ALPINE, "sh", "-c", "echo up; sleep 1000")
            .ok()
            .text();
    assertThat(id).startsWith(engine.docker("ps", "-q", "--filter", "name=box").ok().text());
    assertThat(engine.abode("exec", "box", "hostname").ok().text()).isEqualTo(id.substring(0, 12));
    Eventually.until("the log", () -> engine.abode("logs", "box").ok().out().equals("up\n"));
    assertThat(engine.abode("ps").ok().out()).contains("box", ALPINE);
    engine.abode("rm", "-f", "box").ok();
    assertThat(engine.abode("images").ok().out()).contains("alpine");
    assertThat(engine.abode("engine", "status").ok().out()).isNotBlank();
  }
}
