package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.testing.Eventually;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Interactive use of the docker client, in a real pseudo terminal. */
class DockerTerminalTest {
  @RegisterExtension static final RunningEngine engine = new RunningEngine();

  private static Terminal docker(String... words) throws Exception {
    return Terminal.open(
        31, 97, engine.process().clientEnvironment(), engine.docker(words).words());
  }

  @Test
  void aShellHasTheTerminalsSizeAndFollowsIt() throws Exception {
    try (Terminal terminal = docker("run", "-it", "--rm", ALPINE, "sh")) {
      terminal.expect("/ #");
      Eventually.until(
          "the client has told the size",
          () -> {
            terminal.type("stty size\n");
            terminal.expect("stty size");
            terminal.expect("/ #");
            return terminal.screen().contains("31 97");
          });
      terminal.resize(40, 120);
      Eventually.until(
          "the new size is seen inside",
          () -> {
            terminal.type("stty size\n");
            terminal.expect("stty size");
            terminal.expect("/ #");
            return terminal.screen().contains("40 120");
          });
      terminal.type("tty; exit 4\n");
      terminal.expect("/dev/pts/0");
      assertThat(terminal.status()).isEqualTo(4);
    }
  }

  @Test
  void controlCInterruptsWhatRunsInside() throws Exception {
    try (Terminal terminal = docker("run", "-it", "--rm", ALPINE, "sh")) {
      terminal.expect("/ #");
      // Says so itself, because the shell reads its line in raw mode, in which Control-C is a
      // character like any other.
      terminal.type("sh -c \"echo slee''ping; exec sleep 1000\"\n");
      terminal.expect("sleeping");
      terminal.type("\u0003");
      terminal.expect("/ #");
      terminal.type("exit\n");
      terminal.status();
    }
  }

  @Test
  void detachKeysLeaveItRunningAndAttachComesBack() throws Exception {
    try (Terminal terminal = docker("run", "-it", "--name", "kept", ALPINE, "sh")) {
      terminal.expect("/ #");
      terminal.type("A=remembered\n");
      terminal.expect("/ #");
      terminal.type("\u0010\u0011");
      terminal.status();
    }
    assertThat(engine.docker("inspect", "-f", "{{.State.Running}}", "kept").ok().text())
        .isEqualTo("true");
    try (Terminal terminal = docker("attach", "kept")) {
      terminal.type("echo $A\n");
      terminal.expect("remembered\r\n");
      terminal.type("exit 6\n");
      assertThat(terminal.status()).isEqualTo(6);
    }
  }

  @Test
  void execOpensAnotherTerminal() throws Exception {
    engine.docker("run", "-d", "--name", "host", ALPINE, "sleep", "1000").ok();
    try (Terminal terminal = docker("exec", "-it", "host", "sh")) {
      terminal.expect("/ #");
      terminal.type("test -t 0 && test -t 1 && echo yes, a $TERM\n");
      terminal.expect("yes, a xterm");
      terminal.type("exit 5\n");
      assertThat(terminal.status()).isEqualTo(5);
    }
  }
}
