package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static dev.abode.e2e.RunningEngine.BUSYBOX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.testing.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code docker run} and what surrounds it, by the unmodified client. */
class DockerRunTest {
  @RegisterExtension static final RunningEngine engine = new RunningEngine();

  @Test
  void loadsAndRuns() throws Exception {
    assertThat(engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}").ok().lines())
        .contains(ALPINE, BUSYBOX);
    assertThat(engine.docker("run", "--rm", ALPINE, "echo", "hi").ok().text()).isEqualTo("hi");
    assertThat(engine.docker("ps", "-aq").ok().text()).isEmpty();
  }

  @Test
  void theStatusIsTheWorkloadsOrSaysWhyThereWasNone() throws Exception {
    engine.docker("run", "--rm", ALPINE, "sh", "-c", "exit 7").fails(7);
    // The kernel protects a namespace's first process from its own signals.
    engine.docker("run", "--rm", "--init", ALPINE, "sh", "-c", "kill -9 $$").fails(137);
    engine.docker("run", "--rm", "--init", ALPINE, "sh", "-c", "kill -15 $$").fails(143);
    assertThat(engine.docker("run", "--rm", ALPINE, "no-such-program").fails(127).err())
        .contains("no-such-program");
    assertThat(engine.docker("run", "--rm", ALPINE, "/etc/passwd").fails(126).err())
        .contains("/etc/passwd");
    assertThat(engine.docker("run", "--rm", "--memory=1", ALPINE, "true").fails(125).err())
        .isNotBlank();
    assertThat(
            engine
                .docker("run", "--rm", "--pull=never", "no.such/image:1", "true")
                .fails(125)
                .err())
        .contains("No such image");
    assertThat(engine.docker("ps", "-aq").ok().text()).isEmpty();
  }

  @Test
  void theStreamsAreKeptApart() throws Exception {
    Command.Result both =
        engine.docker("run", "--rm", ALPINE, "sh", "-c", "echo out; echo err >&2").ok();
    assertThat(both.out()).isEqualTo("out\n");
    assertThat(both.err()).contains("err\n");
    assertThat(engine.docker("run", "--rm", "-i", ALPINE, "cat").input("to and fro").ok().out())
        .isEqualTo("to and fro");
    byte[] binary = new byte[3_000_000];
    new java.util.Random(7).nextBytes(binary);
    assertThat(engine.docker("run", "--rm", "-i", ALPINE, "cat").input(binary).ok().rawOut())
        .isEqualTo(binary);
    assertThat(
            engine
                .docker("run", "--rm", "-i", ALPINE, "head", "-c", "3")
                .input(binary)
                .ok()
                .rawOut())
        .hasSize(3);
  }

  @Test
  void followsTheLogOfWhatRunsToItsEnd() throws Exception {
    String id =
        engine
            .docker(
                "run",
                "-d",
                "--name",
                "talker",
                ALPINE,
                "sh",
                "-c",
                "for i in 1 2 3 4 5; do echo line $i; echo e$i >&2; sleep 0.2; done")
            .ok()
            .text();
    assertThat(id).hasSize(64);
    Command.Result followed = engine.docker("logs", "-f", "talker").ok();
    assertThat(followed.out()).isEqualTo("line 1\nline 2\nline 3\nline 4\nline 5\n");
    assertThat(followed.err()).isEqualTo("e1\ne2\ne3\ne4\ne5\n");
    // Which of two streams is read first is not said.
    Command.Result tail = engine.docker("logs", "--tail", "2", "talker").ok();
    assertThat((tail.out() + tail.err()).lines()).hasSize(2);
    assertThat(engine.docker("logs", "-t", "--tail", "all", "talker").ok().lines().getFirst())
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+Z line 1");
    assertThat(engine.docker("wait", "talker").ok().text()).isEqualTo("0");
  }

  @Test
  void theWorkloadGetsWhatItsCommandLineSays() throws Exception {
    Path variables =
        Files.writeString(engine.folder().resolve("variables"), "FROM_FILE=yes\n# no\n");
    String script =
        "id -u; id -g; pwd; hostname; echo $A $FROM_FILE; umask; cat /proc/1/comm; true";
    List<String> lines =
        engine
            .docker(
                "run",
                "--rm",
                "-u",
                "1000:2000",
                "-w",
                "/made/here",
                "-h",
                "named",
                "-e",
                "A=b c",
                "--env-file",
                variables.toString(),
                ALPINE,
                "sh",
                "-c",
                script)
            .ok()
            .lines();
    assertThat(lines)
        .containsExactly("1000", "2000", "/made/here", "named", "b c yes", "0022", "sh");
    assertThat(
            engine.docker("run", "--rm", "--entrypoint", "echo", ALPINE, "an", "entry").ok().text())
        .isEqualTo("an entry");
    assertThat(engine.docker("run", "--rm", "--init", ALPINE, "cat", "/proc/1/comm").ok().text())
        .isNotEqualTo("cat");
    assertThat(
            engine
                .docker("run", "--rm", "-u", "nobody", "--group-add", "audio", ALPINE, "id")
                .ok()
                .text())
        .contains("uid=65534(nobody)", "audio");
    assertThat(
            engine
                .docker(
                    "run",
                    "--rm",
                    "--ulimit",
                    "nofile=77:99",
                    "--shm-size",
                    "1m",
                    ALPINE,
                    "sh",
                    "-c",
                    "ulimit -n; df -k /dev/shm | tail -1 | awk '{print $2}'")
                .ok()
                .lines())
        .containsExactly("77", "1024");
    assertThat(
            engine
                .docker(
                    "run",
                    "--rm",
                    "--sysctl",
                    "kernel.msgmax=4711",
                    ALPINE,
                    "cat",
                    "/proc/sys/kernel/msgmax")
                .ok()
                .text())
        .isEqualTo("4711");
  }

  @Test
  void stopsWithTheSignalAndKillsAfterTheTimeout() throws Exception {
    engine
        .docker(
            "run",
            "-d",
            "--name",
            "polite",
            ALPINE,
            "sh",
            "-c",
            "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.1; done")
        .ok();
    awaitLog("polite", "up");
    engine.docker("stop", "-t", "60", "polite").ok();
    assertThat(exitCode("polite")).isEqualTo("3");
    assertThat(engine.docker("logs", "polite").ok().out()).isEqualTo("up\nbye\n");

    engine.docker("run", "-d", "--name", "deaf", ALPINE, "sleep", "1000").ok();
    engine.docker("stop", "-t", "0", "deaf").ok();
    assertThat(exitCode("deaf")).isEqualTo("137");
    engine.docker("start", "deaf").ok();
    engine.docker("kill", "-s", "KILL", "deaf").ok();
    assertThat(engine.docker("wait", "deaf").ok().text()).isEqualTo("137");
    engine.docker("restart", "-t", "0", "deaf").ok();
    assertThat(field("deaf", "{{.State.Running}}")).isEqualTo("true");
    engine.docker("rm", "deaf").fails(1);
    engine.docker("rm", "-f", "deaf").ok();
  }

  private static void awaitLog(String name, String text) throws Exception {
    Eventually.until(
        text + " in the log of " + name,
        () -> engine.docker("logs", name).ok().out().contains(text));
  }

  private static String exitCode(String name) throws Exception {
    return field(name, "{{.State.ExitCode}}");
  }

  private static String field(String name, String format) throws Exception {
    return engine.docker("inspect", "-f", format, name).ok().text();
  }

  @Test
  void execRunsBesideTheWorkload() throws Exception {
    engine.docker("run", "-d", "--name", "host", "-e", "A=1", ALPINE, "sleep", "1000").ok();
    assertThat(
            engine
                .docker(
                    "exec",
                    "-e",
                    "B=2",
                    "-w",
                    "/tmp",
                    "-u",
                    "1000",
                    "host",
                    "sh",
                    "-c",
                    "echo $A$B $(id -u) $(pwd) $(cat /proc/1/comm)")
                .ok()
                .text())
        .isEqualTo("12 1000 /tmp sleep");
    engine.docker("exec", "host", "sh", "-c", "exit 9").fails(9);
    Command.Result missing = engine.docker("exec", "host", "no-such").fails(127);
    assertThat(missing.out() + missing.err()).contains("no-such");
    assertThat(engine.docker("exec", "-u", "nobody-at-all", "host", "true").fails(126).out())
        .contains("unable to find user nobody-at-all");
    assertThat(engine.docker("exec", "-w", "not/absolute", "host", "true").fails(126).out())
        .contains("not/absolute");
    assertThat(engine.docker("exec", "-i", "host", "cat").input("in").ok().out()).isEqualTo("in");
    engine.docker("exec", "-d", "host", "sh", "-c", "echo done >/tmp/detached").ok();
    Eventually.until(
        "the detached session writes",
        () -> engine.docker("exec", "host", "cat", "/tmp/detached").run().out().equals("done\n"));
    engine.docker("exec", "no-such-container", "true").fails(1);
    engine.docker("stop", "-t", "0", "host").ok();
    assertThat(engine.docker("exec", "host", "true").fails(1).err()).contains("not running");
  }

  @Test
  void pausesAndGoesOn() throws Exception {
    engine.docker("run", "-d", "--name", "napper", ALPINE, "sleep", "1000").ok();
    engine.docker("pause", "napper").ok();
    assertThat(engine.docker("ps", "--format", "{{.Status}}").ok().text()).contains("Paused");
    engine.docker("exec", "napper", "true").fails(1);
    engine.docker("unpause", "napper").ok();
    engine.docker("exec", "napper", "true").ok();
  }

  @Test
  void listsFindsRenamesAndUpdates() throws Exception {
    engine.docker("run", "-d", "--name", "one", "-l", "colour=blue", ALPINE, "sleep", "1000").ok();
    engine.docker("create", "--name", "two", BUSYBOX, "true").ok();
    assertThat(engine.docker("ps", "--format", "{{.Names}}").ok().lines()).containsExactly("one");
    assertThat(engine.docker("ps", "-a", "--format", "{{.Names}}").ok().lines())
        .containsExactlyInAnyOrder("one", "two");
    assertThat(filtered("label=colour=blue")).containsExactly("one");
    assertThat(filtered("status=created")).containsExactly("two");
    assertThat(filtered("name=tw")).containsExactly("two");
    assertThat(filtered("ancestor=" + BUSYBOX)).containsExactly("two");
    engine.docker("rename", "one", "first").ok();
    engine.docker("create", "--name", "first", BUSYBOX, "true").fails(1);
    engine.docker("update", "--memory", "64m", "--memory-swap", "64m", "first").ok();
    assertThat(field("first", "{{.HostConfig.Memory}}")).isEqualTo("67108864");
    assertThat(engine.docker("top", "first").ok().lines().getLast()).contains("sleep 1000");
    assertThat(engine.docker("top", "first", "-o", "pid,user,args").ok().lines().getLast())
        .contains("root");
    assertThat(engine.docker("port", "first").ok().text()).isEmpty();
    assertThat(engine.docker("ps", "-as", "--format", "{{.Size}}").ok().text()).contains("B");
  }

  private static List<String> filtered(String filter) throws Exception {
    return engine.docker("ps", "-a", "--filter", filter, "--format", "{{.Names}}").ok().lines();
  }

  @Test
  void showsFiguresAndEvents() throws Exception {
    engine.docker("run", "-d", "--name", "watched", ALPINE, "sleep", "1000").ok();
    assertThat(
            engine
                .docker(
                    "stats",
                    "--no-stream",
                    "--format",
                    "{{.Name}} {{.PIDs}} {{.MemUsage}}",
                    "watched")
                .ok()
                .text())
        .startsWith("watched 1 ")
        .contains("iB / ");
    engine.docker("rm", "-f", "watched").ok();
    assertThat(
            engine
                .docker(
                    "events",
                    "--since",
                    "1h",
                    "--until",
                    "-1s",
                    "--filter",
                    "container=watched",
                    "--format",
                    "{{.Action}}")
                .ok()
                .lines())
        .containsSubsequence("create", "start", "die", "destroy");
    assertThat(engine.docker("info", "--format", "{{.OSType}}").ok().text()).isEqualTo("linux");
    assertThat(engine.docker("version", "--format", "{{.Server.Version}}").ok().text())
        .isNotEmpty();
    assertThat(engine.docker("system", "df").ok().out()).contains("Images", "Containers");
  }

  @Test
  void mountsHostFoldersVolumesAndTmpfs() throws Exception {
    Path shared = Files.createDirectory(engine.folder().resolve("shared"));
    Files.writeString(shared.resolve("file"), "of the host\n");
    assertThat(
            engine
                .docker(
                    "run",
                    "--rm",
                    "-v",
                    shared + ":/data",
                    ALPINE,
                    "sh",
                    "-c",
                    "cat /data/file; stat -c %U /data/file; echo back >/data/back")
                .ok()
                .lines())
        .containsExactly("of the host", "root");
    assertThat(shared.resolve("back")).hasContent("back");
    assertThat(Files.getAttribute(shared.resolve("back"), "unix:uid")).isEqualTo(0);
    engine.docker("run", "--rm", "-v", shared + ":/data:ro", ALPINE, "touch", "/data/no").fails(1);
    engine
        .docker("run", "--rm", "--mount", "type=bind,source=/no/such,target=/x", ALPINE, "true")
        .fails(125);
    engine.docker("run", "--rm", "--read-only", ALPINE, "touch", "/no").fails(1);
    assertThat(
            engine
                .docker(
                    "run",
                    "--rm",
                    "--read-only",
                    "--tmpfs",
                    "/run:size=1m",
                    ALPINE,
                    "sh",
                    "-c",
                    "echo x >/run/x; df -k /run | tail -1 | awk '{print $2}'")
                .ok()
                .text())
        .isEqualTo("1024");
  }

  @Test
  void withoutANetworkItHasLoopbackOnly() throws Exception {
    assertThat(
            engine
                .docker("run", "--rm", "--network", "none", ALPINE, "ls", "/sys/class/net")
                .ok()
                .text())
        .isEqualTo("lo");
    assertThat(
            engine
                .docker("run", "--rm", "--network", "host", ALPINE, "readlink", "/proc/self/ns/net")
                .ok()
                .out()
                .strip())
        .isEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString());
  }

  @Test
  void whatIsNotSupportedIsRefusedAndNotIgnored() throws Exception {
    assertThat(
            engine.docker("run", "--rm", "--log-driver", "syslog", ALPINE, "true").fails(125).err())
        .contains("syslog");
    assertThat(
            engine.docker("run", "--rm", "--runtime", "nonsense", ALPINE, "true").fails(125).err())
        .contains("nonsense");
  }

  @Test
  void restartsByPolicy() throws Exception {
    engine
        .docker(
            "run",
            "-d",
            "--name",
            "again",
            "--restart",
            "on-failure:2",
            ALPINE,
            "sh",
            "-c",
            "echo go; exit 5")
        .ok();
    Eventually.until(
        "two restarts",
        () -> field("again", "{{.RestartCount}} {{.State.Status}}").equals("2 exited"));
    assertThat(engine.docker("logs", "again").ok().out()).isEqualTo("go\ngo\ngo\n");
  }
}
