package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Limits bite. */
@Tag("slow")
class LimitsTest {
  @RegisterExtension static final RunningEngine engine = new RunningEngine();

  @Test
  void aMemoryHogIsKilledAndTheStateSaysSo() throws Exception {
    engine
        .docker(
            "run",
            "--name",
            "hog",
            "-m",
            "16m",
            "--memory-swap",
            "16m",
            ALPINE,
            "sh",
            "-c",
            "tail -c 200000000 /dev/zero | cat >/dev/null; head -c 200000000 /dev/zero | tail -1")
        .run();
    assertThat(engine.docker("inspect", "-f", "{{.State.OOMKilled}}", "hog").ok().text())
        .isEqualTo("true");
    engine.docker("run", "--name", "lamb", "-m", "16m", ALPINE, "true").ok();
    assertThat(engine.docker("inspect", "-f", "{{.State.OOMKilled}}", "lamb").ok().text())
        .isEqualTo("false");
  }

  @Test
  void aForkBombStopsAtTheLimit() throws Exception {
    Command.Result bomb =
        engine
            .docker(
                "run",
                "--rm",
                "--pids-limit",
                "20",
                ALPINE,
                "sh",
                "-c",
                "for i in $(seq 60); do sleep 1000 & done; ls -d /proc/[0-9]* | wc -l")
            .run();
    assertThat(bomb.err()).contains("can't fork");
  }

  @Test
  void aCpuHogGetsItsShare() throws Exception {
    // So little that a busy machine has more to give. How much of its wall time it was allowed to
    // run is what the kernel counted itself.
    String script =
        "t=/proc/uptime; read a b <$t; end=$((${a%.*} + 4));"
            + " while read a b <$t; [ ${a%.*} -lt $end ]; do :; done;"
            + " cat /sys/fs/cgroup/cpu/cpu.stat /sys/fs/cgroup/cpu.stat 2>/dev/null; true";
    String stat =
        engine.docker("run", "--rm", "--cpus", "0.1", ALPINE, "sh", "-c", script).ok().out();
    assertThat(stat).contains("nr_throttled").doesNotContain("nr_throttled 0\n");
  }
}
