package dev.abode.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.cli.RunningEngine.Outcome;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code abode} in front of a real engine that it started itself, on a real image. */
@Tag("slow")
class CommandEndToEndTest extends CommandCase {

  /** A pseudo-terminal around a shell's command, its keys being our input. */
  private static Process onTerminal(String command) throws IOException {
    return engine.start(List.of("script", "-q", "-e", "-c", command, "/dev/null"));
  }

  @Test
  void anEngineIsStartedWhereNoneListensAndSaidOnce() throws Exception {
    assertThat(firstUse.status()).as(firstUse.toString()).isZero();
    assertThat(firstUse.output()).contains("Loaded image: alpine:3.10");
    assertThat(firstUse.errors()).containsOnlyOnce("no engine listens on").contains("engine.log");
    assertThat(abode("ps").errors()).isEmpty();
    assertThat(ok("engine", "status")).contains("listens on unix://");
  }

  @Test
  void exitStatusesAreTheWorkloadsOrTellWhoFailed() throws Exception {
    assertThat(run("sh", "-c", "echo out; echo err >&2; exit 7"))
        .isEqualTo(new Outcome(7, "out\n", "err\n"));
    assertThat(run("nosuch").status()).isEqualTo(127);
    assertThat(run("/etc").status()).isEqualTo(126);
    assertThat(abode("run", "--bogus", RunningEngine.IMAGE).status()).isEqualTo(125);
    assertThat(abode("run", "--cap-add", "NO_SUCH", RunningEngine.IMAGE).status()).isEqualTo(125);
  }

  @Test
  void inputGoesInAndEndsWhereItEnds() throws Exception {
    Outcome outcome =
        engine.abodeFed(
            "one\ntwo\n",
            "run",
            "-i",
            "--rm",
            "--network",
            "none",
            RunningEngine.IMAGE,
            "wc",
            "-l");
    assertThat(outcome).isEqualTo(new Outcome(0, "2\n", ""));
  }

  @Test
  void aContainersLifeIsSeenFromOutside() throws Exception {
    String box = background("life");
    assertThat(ok("ps", "--format", "{{.Names}} {{.State}}", "--filter", "name=life"))
        .isEqualTo("life running");
    assertThat(ok("inspect", "-f", "{{.State.Status}} {{.Config.Image}}", box))
        .isEqualTo("running " + RunningEngine.IMAGE);
    assertThat(ok("logs", box)).isEqualTo("ready");
    assertThat(ok("top", box)).contains("sleep 1000");
    assertThat(ok("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", box))
        .isEqualTo("life 1");
    ok("pause", box);
    assertThat(ok("inspect", "-f", "{{.State.Paused}}", box)).isEqualTo("true");
    ok("unpause", box);
    ok("rename", box, "life2");
    assertThat(ok("stop", "-t", "0", "life2")).isEqualTo("life2");
    assertThat(ok("wait", "life2")).isEqualTo("137");
    ok("rm", "life2");
    assertThat(abode("inspect", "life2").status()).isEqualTo(1);
  }

  @Test
  void execRunsBesideAndTellsItsStatus() throws Exception {
    String box = background("execs");
    assertThat(abode("exec", "-e", "A=b", "-w", "/tmp", box, "sh", "-c", "echo $A; pwd; exit 3"))
        .isEqualTo(new Outcome(3, "b\n/tmp\n", ""));
    assertThat(engine.abodeFed("typed", "exec", "-i", box, "cat").output()).isEqualTo("typed");
    assertThat(abode("exec", box, "nosuch").status()).isEqualTo(127);
    ok("rm", "-f", box);
  }

  @Test
  void aTerminalHasTheUsersSizeAndPassesKeysOn() throws Exception {
    Process terminal =
        onTerminal(
            "stty rows 33 cols 99; exec '"
                + engine.launcher()
                + "' run -it --rm --network none "
                + RunningEngine.IMAGE
                + " sh");
    try (OutputStream keys = terminal.getOutputStream()) {
      keys.write("stty size; tty; exit 5\n".getBytes(StandardCharsets.UTF_8));
      keys.flush();
      Outcome outcome = RunningEngine.finish(terminal);
      assertThat(outcome.output()).contains("33 99", "/dev/pts/0");
      assertThat(outcome.status()).isEqualTo(5);
    }
  }

  @Test
  void detachKeysLeaveTheWorkloadRunning() throws Exception {
    ok(
        "create",
        "-it",
        "--name",
        "left",
        "--network",
        "none",
        RunningEngine.IMAGE,
        "sh",
        "-c",
        "echo ready; exec cat");
    Process terminal = onTerminal("exec '" + engine.launcher() + "' start -ai left");
    // The terminal is raw before output comes; until then it would keep Ctrl-Q to itself.
    byte[] ready = terminal.getInputStream().readNBytes("ready".length());
    assertThat(new String(ready, StandardCharsets.UTF_8)).isEqualTo("ready");
    try (OutputStream keys = terminal.getOutputStream()) {
      keys.write("\u0010\u0011".getBytes(StandardCharsets.UTF_8));
      keys.flush();
      assertThat(RunningEngine.finish(terminal).status()).isZero();
    }
    assertThat(ok("inspect", "-f", "{{.State.Running}}", "left")).isEqualTo("true");
    ok("rm", "-f", "left");
  }

  @Test
  void signalsAreHandedOnWhereThereIsNoTerminal() throws Exception {
    Process command =
        engine.start(
            List.of(
                engine.launcher().toString(),
                "run",
                "--rm",
                "--network",
                "none",
                RunningEngine.IMAGE,
                "sh",
                "-c",
                "trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.1; done"));
    command.getOutputStream().close();
    byte[] ready = command.getInputStream().readNBytes("ready\n".length());
    assertThat(new String(ready, StandardCharsets.UTF_8)).isEqualTo("ready\n");
    // By the handle: Process.destroy() would close the streams we still read.
    command.toHandle().destroy();
    assertThat(RunningEngine.finish(command)).isEqualTo(new Outcome(9, "caught\n", ""));
  }
}
