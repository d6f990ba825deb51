package dev.abode.docker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.docker.TestEngine.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The unmodified docker CLI in front of a real engine. */
class DockerCliTest {
  @TempDir static Path folder;
  private static TestEngine engine;

  @BeforeAll
  static void open() throws IOException {
    engine = new TestEngine();
  }

  @AfterAll
  static void close() throws Exception {
    engine.close();
  }

  private static Outcome docker(String... arguments) throws IOException, InterruptedException {
    return engine.docker(arguments);
  }

  private static Outcome run(String... command) throws IOException, InterruptedException {
    String[] all = new String[command.length + 5];
    System.arraycopy(
        new String[] {"run", "--rm", "--network", "none", TestEngine.IMAGE}, 0, all, 0, 5);
    System.arraycopy(command, 0, all, 5, command.length);
    return docker(all);
  }

  @Test
  void runPrintsBothStreamsAndEndsAsTheWorkload() throws Exception {
    Outcome outcome = run("sh", "-c", "echo out; echo err >&2; exit 3");

    assertThat(outcome).isEqualTo(new Outcome(3, "out\n", "err\n"));
  }

  @Test
  void aProgramThatIsNotThereIs127AndOneThatCannotRunIs126() throws Exception {
    assertThat(run("nosuch").exitCode()).isEqualTo(127);
    assertThat(run("/etc").exitCode()).isEqualTo(126);
    assertThat(docker("run", "--rm", "nosuchimage:x", "true").exitCode()).isEqualTo(125);
  }

  @Test
  void inputGoesThroughAndItsEndToo() throws Exception {
    String input = "line\n".repeat(50_000);

    Outcome outcome =
        engine.dockerWithInput(
            input, "run", "-i", "--rm", "--network", "none", TestEngine.IMAGE, "cat");

    assertThat(outcome.ok()).isEqualTo(input.strip());
  }

  @Test
  void theWholeLifeOfADetachedContainer() throws Exception {
    String script = "trap 'exit 9' TERM; echo up; while :; do sleep 0.1; done";
    String id =
        docker(
                "run",
                "-d",
                "--name",
                "life",
                "-l",
                "kind=test",
                "--network",
                "none",
                TestEngine.IMAGE,
                "sh",
                "-c",
                script)
            .ok();
    assertThat(id).hasSize(64);

    assertThat(docker("ps", "--format", "{{.Names}} {{.Status}}", "-f", "label=kind=test").ok())
        .startsWith("life Up ");
    assertThat(docker("exec", "-e", "A=7", "life", "sh", "-c", "echo $A; exit 4"))
        .isEqualTo(new Outcome(4, "7\n", ""));
    assertThat(docker("exec", "life", "nosuch").exitCode()).isEqualTo(127);
    docker("pause", "life").ok();
    assertThat(docker("inspect", "-f", "{{.State.Status}}", "life").ok()).isEqualTo("paused");
    docker("unpause", "life").ok();
    assertThat(docker("rm", "life").errors()).contains("running");
    docker("rename", "life", "later").ok();
    docker("stop", "-t", "60", "later").ok();
    assertThat(docker("wait", "later").ok()).isEqualTo("9");
    assertThat(docker("logs", "later").ok()).isEqualTo("up");
    assertThat(docker("ps", "-a", "--format", "{{.Status}}", "-f", "name=later").ok())
        .startsWith("Exited (9) ");
    docker("rm", "later").ok();
    assertThat(docker("inspect", "later").errors())
        .containsIgnoringCase("no such")
        .contains("later");
  }

  @Test
  void filesGoInAndOutAndChangesBecomeAnImage() throws Exception {
    docker("create", "--name", "files", "--network", "none", TestEngine.IMAGE, "cat", "/root/in")
        .ok();
    Path in = Files.writeString(folder.resolve("in"), "from outside\n");

    docker("cp", in.toString(), "files:/root/in").ok();
    docker("start", "-a", "files").ok();
    docker("cp", "files:/root/in", folder.resolve("out").toString()).ok();
    assertThat(folder.resolve("out")).hasContent("from outside\n");
    assertThat(docker("diff", "files").ok()).contains("A /root/in");
    assertThat(docker("cp", "files:/nosuch", "-").errors()).contains("nosuch");

    docker("commit", "-c", "CMD [\"cat\", \"/root/in\"]", "files", "mine:1").ok();
    assertThat(docker("run", "--rm", "--network", "none", "mine:1").ok()).isEqualTo("from outside");
    assertThat(docker("rmi", "mine:1").ok()).contains("Untagged: mine:1");
    docker("rm", "files").ok();
  }

  @Test
  void followedLogsEndWithTheContainer() throws Exception {
    docker(
            "run",
            "-d",
            "--name",
            "talker",
            "--network",
            "none",
            TestEngine.IMAGE,
            "sh",
            "-c",
            "for i in 1 2 3; do echo $i; sleep 0.2; done")
        .ok();

    assertThat(docker("logs", "-f", "talker").ok().lines()).containsExactly("1", "2", "3");
    assertThat(docker("logs", "--tail", "1", "talker").ok()).isEqualTo("3");
    assertThat(docker("logs", "-t", "talker").ok()).matches("(?s)\\d{4}-\\d\\d-\\d\\dT.*Z 1\n.*");
    docker("rm", "talker").ok();
  }

  @Test
  void eventsArriveWhileTheyHappen() throws Exception {
    Process events =
        engine.start(
            List.of(
                "docker", "events", "--filter", "container=watched", "--format", "{{.Action}}"));
    // The CLI may not have subscribed yet: run it again until events have come.
    Thread runs = Thread.ofVirtual().start(() -> runWhile(events));
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(events.getInputStream(), UTF_8))) {
      String line = lines.readLine();
      while (!"create".equals(line)) {
        line = lines.readLine();
      }
      List<String> seen = List.of(lines.readLine(), lines.readLine(), lines.readLine());
      assertThat(seen).contains("start").containsAnyOf("attach", "die");
    } finally {
      events.destroy();
      runs.join();
    }
  }

  private static void runWhile(Process other) {
    try {
      while (other.isAlive()) {
        docker("run", "--rm", "--name", "watched", "--network", "none", TestEngine.IMAGE, "true");
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aTerminalHasASizeAndLetsGoAtTheDetachKeys() throws Exception {
    // script(1) gives the CLI a real terminal.
    Process session =
        engine.start(
            List.of(
                "script",
                "-qefc",
                "stty rows 33 cols 99; exec docker run -it --name tty --network none "
                    + TestEngine.IMAGE
                    + " sh",
                "/dev/null"));
    try (OutputStream keys = session.getOutputStream();
        BufferedReader screen =
            new BufferedReader(new InputStreamReader(session.getInputStream(), UTF_8))) {
      // The client tells the size when the shell runs already.
      keys.write(
          "until stty size | grep '33 99'; do sleep 0.1; done; echo ready$((40+2))\n"
              .getBytes(UTF_8));
      keys.flush();
      StringBuilder seen = new StringBuilder();
      while (seen.indexOf("ready42") < 0) {
        int c = screen.read();
        assertThat(c).as("the screen so far: %s", seen).isNotNegative();
        seen.append((char) c);
      }
      assertThat(seen.toString()).contains("\n33 99");
      keys.write(new byte[] {16, 17});
      keys.flush();
      screen.transferTo(Writer.nullWriter());
      session.waitFor();
    }
    assertThat(docker("inspect", "-f", "{{.State.Running}}", "tty").ok()).isEqualTo("true");
    docker("rm", "-f", "tty").ok();
  }

  @Test
  void imagesAreListedTaggedSavedAndLoaded() throws Exception {
    docker("tag", TestEngine.IMAGE, "localhost:5000/team/app:1").ok();
    assertThat(
            docker(
                    "images",
                    "--format",
                    "{{.Repository}}:{{.Tag}}",
                    "--filter",
                    "reference=*/team/app")
                .ok())
        .isEqualTo("localhost:5000/team/app:1");
    Path archive = folder.resolve("saved.tar");
    docker("save", "-o", archive.toString(), "localhost:5000/team/app:1").ok();
    docker("rmi", "localhost:5000/team/app:1").ok();
    assertThat(docker("load", "-i", archive.toString()).ok())
        .contains("Loaded image: localhost:5000/team/app:1");
    assertThat(docker("history", "-q", TestEngine.IMAGE).ok()).isNotEmpty();
    docker("rmi", "localhost:5000/team/app:1").ok();
  }

  @Test
  void volumesOutliveContainersUnlessNobodyNamedThem() throws Exception {
    docker("volume", "create", "kept").ok();
    String write = "echo there > /kept/f; echo gone > /anonymous/f";
    docker(
            "run",
            "--rm",
            "--network",
            "none",
            "-v",
            "kept:/kept",
            "-v",
            "/anonymous",
            TestEngine.IMAGE,
            "sh",
            "-c",
            write)
        .ok();

    assertThat(docker("volume", "ls", "-q").ok()).isEqualTo("kept");
    docker(
            "create",
            "--name",
            "reader",
            "--network",
            "none",
            "-v",
            "kept:/kept",
            TestEngine.IMAGE,
            "cat",
            "/kept/f")
        .ok();
    assertThat(docker("start", "-a", "reader").ok()).isEqualTo("there");
    assertThat(docker("volume", "rm", "kept").errors()).contains("volume is in use");
    docker("rm", "reader").ok();
    docker("volume", "rm", "kept").ok();
    assertThat(docker("volume", "inspect", "kept").errors()).contains("no such volume");
  }

  @Test
  void questionsAboutTheWholeAreAnswered() throws Exception {
    assertThat(docker("version", "--format", "{{.Server.APIVersion}}").ok()).isEqualTo("1.50");
    assertThat(docker("info", "--format", "{{.OSType}} {{.Swarm.LocalNodeState}}").ok())
        .isEqualTo("linux inactive");
    assertThat(docker("network", "ls", "--format", "{{.Name}}").ok().lines())
        .containsExactlyInAnyOrder("bridge", "host", "none");
    assertThat(docker("system", "df").ok()).contains("Images");
    assertThat(docker("swarm", "init").errors()).contains("not a swarm manager");
  }
}
