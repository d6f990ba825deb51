package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.testing.Eventually;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
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

  @Test
  @Tag("slow")
  void aContainerGoesOnFromASnapshotThatWasTakenWhileItRan() throws Exception {
    String counter = "i=0; while :; do i=$((i+1)); echo $i >> /counted; usleep 50000; done";
    engine.abode("run", "-d", "--name", "counter", ALPINE, "sh", "-c", counter).ok();
    Command.Result taken = engine.abode("snapshot", "create", "counter", "before").run();
    // Where criu does not work the sentence says so, and there is nothing more to be seen.
    if (taken.err().contains("criu ")) {
      engine.abode("rm", "-f", "counter").ok();
    }
    Assumptions.assumeFalse(taken.err().contains("criu does not work on this kernel"), taken.err());
    Assumptions.assumeFalse(taken.err().contains("criu is not installed"), taken.err());
    assertThat(taken.text()).isEqualTo("before");
    assertThat(engine.abode("snapshot", "ls", "counter").ok().out()).contains("before", "running");
    engine.abode("exec", "counter", "touch", "/after").ok();
    engine.abode("snapshot", "restore", "counter", "before").ok();
    engine.abode("exec", "counter", "test", "-e", "/after").fails(1);
    engine.abode("snapshot", "clone", "--name", "second", "counter", "before").ok();
    String check = "awk 'NR != $1 { exit 1 }' /counted";
    engine.abode("exec", "counter", "sh", "-c", check).ok();
    engine.abode("exec", "second", "sh", "-c", check).ok();
    engine.abode("rm", "-f", "counter", "second").ok();
  }
}
