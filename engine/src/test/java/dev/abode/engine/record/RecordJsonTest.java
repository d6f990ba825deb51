package dev.abode.engine.record;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.instance.HealthCheck;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.instance.Security;
import dev.abode.engine.instance.Sharing;
import dev.abode.engine.instance.Streams;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.Port;
import dev.abode.engine.network.PortBinding;
import dev.abode.image.Digest;
import dev.abode.image.Platform;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordJsonTest {
  private static final InstanceSpec FULL =
      InstanceSpec.builder("docker.io/library/alpine:3.10")
          .name("näme \"quoted\"\n")
          .entrypoint(List.of(""))
          .command(List.of("a", "", "\u0000?"))
          .environment(List.of("A=b"))
          .labels(Map.of("k", "v", "", ""))
          .streams(new Streams(true, true, false))
          .limits(
              new Limits(
                  OptionalLong.of(Long.MAX_VALUE),
                  OptionalLong.of(-1),
                  OptionalLong.empty(),
                  OptionalLong.of(1),
                  OptionalLong.empty(),
                  OptionalLong.empty(),
                  OptionalLong.empty(),
                  Optional.of("0-1"),
                  Optional.empty(),
                  OptionalLong.empty(),
                  OptionalInt.of(-1000),
                  true,
                  OptionalInt.empty(),
                  List.of(new Limits.Ulimit("nofile", 1, -1))))
          .security(
              new Security(
                  false,
                  List.of("NET_ADMIN"),
                  List.of("ALL"),
                  true,
                  new Security.SeccompChoice.Profile("{\"x\":1}"),
                  Optional.of(List.of()),
                  Optional.empty(),
                  List.of(new Security.Device("/dev/null", "/dev/x", "rw")),
                  List.of("c 1:* r"),
                  Map.of("net.a", "1")))
          .sharing(
              new Sharing(
                  new Sharing.With.Host(),
                  new Sharing.With.Instance("other"),
                  new Sharing.With.Nobody(),
                  new Sharing.With.Nobody(),
                  new Sharing.With.Nobody()))
          .network(new NetworkMode.Instance("other"))
          .mounts(
              List.of(
                  new MountSpec.Bind(
                      "/a", "/b", true, false, true, MountSpec.PropagationMode.RSLAVE, true),
                  new MountSpec.Tmpfs(
                      "/t", false, OptionalLong.of(1), OptionalInt.of(01777), "exec"),
                  new MountSpec.Volume(Optional.of("v"), "/v", false, true, Optional.empty())))
          .ports(
              List.of(
                  new PortBinding(
                      Port.parse("53/udp"), Optional.of(IpAddress.parse("::1")), 100, 110)))
          .restart(new RestartPolicy(RestartPolicy.Mode.ON_FAILURE, 4))
          .stopTimeout(Duration.ofMillis(1500))
          .health(
              new HealthCheck(
                  List.of("CMD", "true"),
                  Duration.ofNanos(1),
                  Duration.ZERO,
                  Duration.ofDays(1),
                  Duration.ZERO,
                  3))
          .build();

  private static InstanceRecord record(InstanceSpec spec) {
    return new InstanceRecord(
        InstanceRecord.FORMAT,
        "f".repeat(64),
        "n",
        Instant.parse("2026-01-02T03:04:05.678901234Z"),
        spec,
        Digest.parse("sha256:" + "a".repeat(64)),
        new Platform("linux", "arm64", Optional.of("v8")),
        List.of("x"),
        List.of(),
        "/",
        "",
        "SIGTERM",
        Duration.ofSeconds(10),
        spec.health(),
        spec.mounts(),
        List.of(EndpointSpec.of("n").withAddress(IpAddress.parse("10.0.0.7")).withAliases("a")),
        List.of("careful"));
  }

  @Test
  void readsWhatItWrote() {
    for (InstanceSpec spec : List.of(FULL, InstanceSpec.of("alpine"))) {
      InstanceRecord written = record(spec);
      assertThat(RecordJson.read(RecordJson.write(written), InstanceRecord.TEMPLATE))
          .isEqualTo(written);
    }
  }

  @Test
  void toleratesWhatItDoesNotKnowAndFillsInWhatIsMissing() {
    byte[] document =
        ("{\"future\":{\"deep\":[1,{\"a\":null}]},\"id\":\"x\",\"spec\":{\"image\":\"alpine\","
                + "\"limits\":{\"pids\":7,\"later\":true}},\"name\":null}")
            .getBytes(UTF_8);
    InstanceRecord read = RecordJson.read(document, InstanceRecord.TEMPLATE);
    assertThat(read.id()).isEqualTo("x");
    assertThat(read.spec().image()).isEqualTo("alpine");
    assertThat(read.spec().limits().pids()).hasValue(7);
    assertThat(read.spec().log()).isEqualTo(InstanceSpec.of("a").log());
    assertThat(read.stopSignal()).isEqualTo("SIGTERM");
  }

  @Test
  void saysWhatIsWrongWithADamagedDocument() {
    byte[] whole = RecordJson.write(record(FULL));
    for (int length = 0; length < whole.length - 1; length += 7) {
      byte[] part = java.util.Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> RecordJson.read(part, InstanceRecord.TEMPLATE))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(
            () -> RecordJson.read("{\"status\":\"FLYING\"}".getBytes(UTF_8), LifeRecord.CREATED))
        .hasMessage("\"FLYING\" is no InstanceStatus that this engine knows");
  }

  @Test
  void refusesAFormatFromTheFuture(@TempDir Path folder) throws Exception {
    InstanceFolder instance = new InstanceFolder(folder);
    instance.writeDefinition(record(FULL));
    String document = Files.readString(instance.definition());
    Files.writeString(instance.definition(), document.replace("\"format\":1", "\"format\":99"));
    assertThatThrownBy(instance::readDefinition)
        .hasMessageContaining("it has format 99, and this engine knows formats up to 1");
  }

  @Test
  void takesADefinitionThatDidNotReachTheDiskForNone(@TempDir Path folder) throws Exception {
    InstanceFolder instance = new InstanceFolder(folder);
    InstanceRecord written = record(FULL);
    try (LateSync sync = new LateSync()) {
      instance.writeFirstDefinition(written, sync);
      assertThat(instance.readDefinition()).isEqualTo(written);
    }
    assertThat(instance.readDefinition()).isEqualTo(written);
    Files.write(instance.definition(), new byte[0]);
    assertThatThrownBy(instance::readDefinition).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void knowsNothingOfALifeThatWasNotWritten(@TempDir Path folder) throws Exception {
    InstanceFolder instance = new InstanceFolder(folder);
    assertThat(instance.readLife()).isEqualTo(LifeRecord.CREATED);
    LifeRecord life =
        new LifeRecord(
            LifeRecord.FORMAT,
            InstanceStatus.RUNNING,
            137,
            true,
            "why",
            Optional.of(Instant.EPOCH),
            Optional.empty(),
            2,
            true,
            9,
            OptionalLong.of(1 << 20));
    instance.writeLife(life);
    assertThat(instance.readLife()).isEqualTo(life);
  }
}
