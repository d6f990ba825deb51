package dev.abode.docker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.CreateContainerResponse;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Statistics;
import com.github.dockerjava.api.model.Volume;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.core.InvocationBuilder.AsyncResultCallback;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docker-java, on which Testcontainers and many tools stand, in front of a real engine. */
class DockerJavaTest {
  @TempDir static Path folder;
  private static TestEngine engine;
  private static DockerClient client;

  @BeforeAll
  static void open() throws Exception {
    engine = new TestEngine();
    DockerClientConfig config =
        DefaultDockerClientConfig.createDefaultConfigBuilder()
            .withDockerHost("unix://" + engine.socket())
            .withDockerTlsVerify(false)
            .withApiVersion("1.44")
            .build();
    client =
        DockerClientImpl.getInstance(
            config,
            new ZerodepDockerHttpClient.Builder().dockerHost(config.getDockerHost()).build());
  }

  @AfterAll
  static void close() throws Exception {
    client.close();
    engine.close();
  }

  private static HostConfig withoutNetwork() {
    return HostConfig.newHostConfig().withNetworkMode("none");
  }

  /** Collects what comes on both streams. */
  private static final class Output extends ResultCallback.Adapter<Frame> {
    private final StringBuilder text = new StringBuilder();

    @Override
    public void onNext(Frame frame) {
      text.append(frame.getStreamType()).append(':').append(new String(frame.getPayload(), UTF_8));
    }

    String await() throws InterruptedException {
      awaitCompletion();
      return text.toString();
    }
  }

  @Test
  void aContainerFromCreationToRemoval() throws Exception {
    Path shared = Files.createDirectory(folder.resolve("shared"));
    Files.writeString(shared.resolve("f"), "bound\n");
    CreateContainerResponse created =
        client
            .createContainerCmd(TestEngine.IMAGE)
            .withName("dj")
            .withCmd("sh", "-c", "cat /in/f; echo err >&2; exit 5")
            .withLabels(Map.of("by", "docker-java"))
            .withHostConfig(
                withoutNetwork()
                    .withMemory(64L << 20)
                    .withBinds(new Bind(shared.toString(), new Volume("/in"))))
            .exec();
    String id = created.getId();
    assertThatThrownBy(
            () -> client.createContainerCmd(TestEngine.IMAGE).withName("dj").withCmd("x").exec())
        .isInstanceOf(ConflictException.class);

    client.startContainerCmd(id).exec();
    Integer status = client.waitContainerCmd(id).start().awaitStatusCode();

    assertThat(status).isEqualTo(5);
    assertThat(
            client.logContainerCmd(id).withStdOut(true).withStdErr(true).exec(new Output()).await())
        .contains("STDOUT:bound\n")
        .contains("STDERR:err\n");
    InspectContainerResponse inspected = client.inspectContainerCmd(id).exec();
    assertThat(inspected.getName()).isEqualTo("/dj");
    assertThat(inspected.getState().getExitCodeLong()).isEqualTo(5);
    assertThat(inspected.getHostConfig().getMemory()).isEqualTo(64L << 20);
    assertThat(
            client
                .listContainersCmd()
                .withShowAll(true)
                .withLabelFilter(Map.of("by", "docker-java"))
                .exec())
        .singleElement()
        .satisfies(container -> assertThat(container.getId()).isEqualTo(id));
    client.removeContainerCmd(id).exec();
    assertThatThrownBy(() -> client.inspectContainerCmd(id).exec())
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void attachedBeforeTheStartNothingIsMissed() throws Exception {
    String id =
        client
            .createContainerCmd(TestEngine.IMAGE)
            // docker-java never ends the input, so the command must know when it has enough.
            .withCmd("sh", "-c", "read line; echo got $line")
            .withStdinOpen(true)
            .withStdInOnce(true)
            .withHostConfig(withoutNetwork())
            .exec()
            .getId();
    Output output = new Output();
    InputStream input = new ByteArrayInputStream("typed\n".getBytes(UTF_8));
    client
        .attachContainerCmd(id)
        .withStdIn(input)
        .withStdOut(true)
        .withFollowStream(true)
        .exec(output)
        .awaitStarted();
    client.startContainerCmd(id).exec();

    assertThat(output.await()).isEqualTo("STDOUT:got typed\n");
    assertThat(client.waitContainerCmd(id).start().awaitStatusCode()).isZero();
    client.removeContainerCmd(id).exec();
  }

  @Test
  void processesBesideTheFirst() throws Exception {
    String id =
        client
            .createContainerCmd(TestEngine.IMAGE)
            .withCmd("sleep", "1000")
            .withHostConfig(withoutNetwork())
            .exec()
            .getId();
    client.startContainerCmd(id).exec();
    assertThatThrownBy(() -> client.startContainerCmd(id).exec())
        .isInstanceOf(NotModifiedException.class);

    String exec =
        client
            .execCreateCmd(id)
            .withAttachStdout(true)
            .withAttachStderr(true)
            .withCmd("sh", "-c", "echo inside; exit 4")
            .exec()
            .getId();
    assertThat(client.execStartCmd(exec).exec(new Output()).await()).isEqualTo("STDOUT:inside\n");
    assertThat(client.inspectExecCmd(exec).exec().getExitCodeLong()).isEqualTo(4);

    AsyncResultCallback<Statistics> stats =
        client.statsCmd(id).withNoStream(true).exec(new AsyncResultCallback<>());
    assertThat(Objects.requireNonNull(stats.awaitResult().getMemoryStats().getUsage()))
        .isPositive();
    assertThat(client.topContainerCmd(id).exec().getProcesses()).hasDimensions(1, 8);

    Path file = Files.writeString(folder.resolve("copied"), "copy\n");
    client
        .copyArchiveToContainerCmd(id)
        .withHostResource(file.toString())
        .withRemotePath("/root")
        .exec();
    try (InputStream tar = client.copyArchiveFromContainerCmd(id, "/root/copied").exec()) {
      assertThat(new String(tar.readAllBytes(), UTF_8)).contains("copied").contains("copy\n");
    }
    assertThat(client.containerDiffCmd(id).exec()).extracting("path").contains("/root/copied");
    client.removeContainerCmd(id).withForce(true).exec();
  }

  @Test
  void theWhole() {
    client.pingCmd().exec();
    assertThat(client.versionCmd().exec().getApiVersion()).isEqualTo("1.50");
    assertThat(client.infoCmd().exec().getOsType()).isEqualTo("linux");
    assertThat(client.listImagesCmd().exec())
        .anySatisfy(image -> assertThat(List.of(image.getRepoTags())).contains(TestEngine.IMAGE));
    assertThat(client.inspectImageCmd(TestEngine.IMAGE).exec().getOs()).isEqualTo("linux");
    assertThat(client.listNetworksCmd().exec()).extracting("name").contains("none", "host");
    assertThatThrownBy(() -> client.inspectImageCmd("no/such").exec())
        .isInstanceOf(NotFoundException.class);
  }
}
