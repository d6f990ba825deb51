package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.CreateContainerResponse;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.WaitResponse;
import dev.abode.linux.testing.Eventually;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The libraries that Java programs talk to Docker with. */
class LibrariesTest {
  @RegisterExtension static final RunningEngine engine = new RunningEngine();

  /** Collects what a container writes. */
  private static final class Collected extends ResultCallback.Adapter<Frame> {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public void onNext(Frame frame) {
      bytes.writeBytes(frame.getPayload());
    }

    String text() {
      return bytes.toString(UTF_8);
    }
  }

  /** Remembers with which status a container ended. */
  private static final class Ended extends ResultCallback.Adapter<WaitResponse> {
    private volatile int status = -1;

    @Override
    public void onNext(WaitResponse response) {
      status = response.getStatusCode();
    }
  }

  @Test
  void dockerJavaRunsAContainerAndCommandsInIt() throws Exception {
    try (DockerClient client = Client.of(engine.process())) {
      assertThat(client.infoCmd().exec().getOsType()).isEqualTo("linux");
      CreateContainerResponse created =
          client
              .createContainerCmd(ALPINE)
              .withCmd("sh", "-c", "echo started; sleep 1000")
              .withHostConfig(HostConfig.newHostConfig().withMemory(64L << 20))
              .exec();
      client.startContainerCmd(created.getId()).exec();
      String exec =
          client
              .execCreateCmd(created.getId())
              .withCmd("echo", "from exec")
              .withAttachStdout(true)
              .exec()
              .getId();
      Collected said = new Collected();
      client.execStartCmd(exec).exec(said).awaitCompletion();
      assertThat(said.text()).isEqualTo("from exec\n");
      assertThat(client.inspectExecCmd(exec).exec().getExitCodeLong()).isZero();
      Eventually.until(
          "it has said something",
          () -> !engine.docker("logs", created.getId()).ok().out().isEmpty());
      client.killContainerCmd(created.getId()).exec();
      Ended ended = new Ended();
      client.waitContainerCmd(created.getId()).exec(ended).awaitCompletion();
      assertThat(ended.status).isEqualTo(137);
      Collected log = new Collected();
      client.logContainerCmd(created.getId()).withStdOut(true).exec(log).awaitCompletion();
      assertThat(log.text()).isEqualTo("started\n");
      client.removeContainerCmd(created.getId()).exec();
    }
  }

  /** Testcontainers reads its settings from the environment, so it gets a process of its own. */
  @Test
  @Tag("slow")
  void testcontainersRunsAContainer() throws Exception {
    Map<String, String> environment = new HashMap<>(engine.process().clientEnvironment());
    environment.put("TESTCONTAINERS_RYUK_DISABLED", "true");
    // In a container it would ask for the bridge network's gateway instead.
    environment.put("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1");
    environment.put("TESTCONTAINERS_CHECKS_DISABLE", "true");
    Command.Result result =
        Command.of(
                environment,
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    TestcontainersProgram.class.getName(),
                    ALPINE))
            .ok();
    assertThat(result.out())
        .contains(
            "copied: of the test", "exec: from exec", "log: started", "fetched: of the server");
  }
}
