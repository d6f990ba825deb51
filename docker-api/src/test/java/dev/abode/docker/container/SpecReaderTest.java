package dev.abode.docker.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.json.JsonObject;
import dev.abode.engine.instance.HealthCheck;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.MountSpec.PropagationMode;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.instance.Security;
import dev.abode.engine.instance.Security.SeccompChoice;
import dev.abode.engine.instance.Sharing.With;
import dev.abode.image.ImageConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpecReaderTest {
  private static InstanceSpec read(String json) {
    return reading(json.replace('\'', '"')).spec();
  }

  private static SpecReader.Reading reading(String json) {
    return SpecReader.read(
        JsonObject.parse(json.getBytes(StandardCharsets.UTF_8)),
        Optional.empty(),
        Optional.empty());
  }

  private static String resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(SpecReaderTest.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void whatDockerRunSendsByDefaultIsTheDefault() throws IOException {
    SpecReader.Reading reading = reading(resource("create-plain.json"));

    InstanceSpec expected =
        InstanceSpec.builder("alpine").command(List.of("echo", "hi")).autoRemove(true).build();
    assertThat(reading.spec()).isEqualTo(expected);
    assertThat(reading.warnings()).isEmpty();
  }

  @Test
  void everyOptionOfDockerCreateArrives() throws IOException {
    InstanceSpec spec = reading(resource("create-everything.json")).spec();

    assertThat(spec.hostname()).contains("box");
    assertThat(spec.environment()).containsExactly("A=1", "B");
    assertThat(spec.workingDirectory()).contains("/srv");
    assertThat(spec.user()).contains("1000:100");
    assertThat(spec.entrypoint()).contains(List.of("/bin/sh"));
    assertThat(spec.command()).containsExactly("-c", "sleep 1");
    assertThat(spec.labels()).isEqualTo(Map.of("tier", "web", "x", "y"));
    assertThat(spec.initProcess()).isTrue();
    assertThat(spec.readOnlyRootfs()).isTrue();
    assertThat(spec.streams().terminal()).isTrue();
    assertThat(spec.streams().closeStdinOnce()).isTrue();
    assertThat(spec.exposedPorts()).containsExactly("80/tcp");
    assertThat(spec.shmBytes()).hasValue(128L << 20);
    assertThat(spec.stopSignal()).contains("SIGINT");
    assertThat(spec.stopTimeout()).contains(Duration.ofSeconds(5));
    assertThat(spec.restart()).isEqualTo(new RestartPolicy(RestartPolicy.Mode.ON_FAILURE, 3));
    assertThat(spec.groupsAdded()).containsExactly("audio");
    assertThat(spec.network()).isEqualTo(new NetworkMode.None());
    assertThat(spec.log().maxBytes()).isEqualTo(1L << 20);
    assertThat(spec.log().maxFiles()).isEqualTo(2);
    assertThat(spec.sharing().pid()).isEqualTo(new With.Host());
    assertThat(spec.sharing().ipc()).isEqualTo(new With.Nobody());
    assertThat(spec.sharing().uts()).isEqualTo(new With.Host());
    assertThat(spec.sharing().user()).isEqualTo(new With.Host());
    assertThat(spec.health())
        .contains(
            new HealthCheck(
                List.of("CMD-SHELL", "true"),
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                Duration.ZERO,
                Duration.ofSeconds(5),
                3));
    assertThat(spec.mounts())
        .containsExactlyInAnyOrder(
            new MountSpec.Bind(
                "/srv/data",
                "/data",
                true,
                true,
                false,
                PropagationMode.RPRIVATE,
                true,
                Optional.of("/srv/data:/data:ro")),
            new MountSpec.Bind(
                "/srv/two",
                "/two",
                false,
                false,
                false,
                PropagationMode.RPRIVATE,
                true,
                Optional.of("/srv/two:/two")),
            new MountSpec.Bind(
                "/etc", "/hostetc", true, true, false, PropagationMode.RPRIVATE, false),
            new MountSpec.Tmpfs(
                "/scratch", false, OptionalLong.of(1 << 20), OptionalInt.empty(), ""),
            new MountSpec.Tmpfs(
                "/run",
                false,
                OptionalLong.of(64 << 20),
                OptionalInt.of(01770),
                "noexec",
                Optional.of("size=64m,mode=1770,noexec")));
  }

  @Test
  void limitsAndWallsArrive() throws IOException {
    InstanceSpec spec = reading(resource("create-everything.json")).spec();

    Limits limits = spec.limits();
    assertThat(limits.memoryBytes()).hasValue(256L << 20);
    assertThat(limits.memorySwapBytes()).hasValue(512L << 20);
    assertThat(limits.memoryReservationBytes()).hasValue(128L << 20);
    assertThat(limits.cpuNanos()).hasValue(1_500_000_000);
    assertThat(limits.cpuShares()).hasValue(512);
    assertThat(limits.cpusetCpus()).contains("0-1");
    assertThat(limits.pids()).hasValue(100);
    assertThat(limits.oomScoreAdj()).hasValue(500);
    assertThat(limits.ulimits()).containsExactly(new Limits.Ulimit("nofile", 1024, 2048));
    Security security = spec.security();
    assertThat(security.capabilitiesAdded()).containsExactly("NET_ADMIN", "SYS_TIME");
    assertThat(security.capabilitiesDropped()).containsExactly("ALL");
    assertThat(security.noNewPrivileges()).isTrue();
    assertThat(security.seccomp()).isEqualTo(new SeccompChoice.Unconfined());
    assertThat(security.maskedPaths()).isEmpty();
    assertThat(security.devices())
        .containsExactly(new Security.Device("/dev/fuse", "/dev/fuse", "rwm"));
    assertThat(security.sysctls()).isEqualTo(Map.of("net.core.somaxconn", "1024"));
  }

  /** Echoing HostConfig and reading it again must not change anything. */
  @Test
  void theEchoOfHostConfigReadsBackTheSame() throws IOException {
    InstanceSpec spec = reading(resource("create-everything.json")).spec();

    JsonObject echo = JsonObject.parse(HostConfigDocument.of(spec).bytes());
    JsonObject config = JsonObject.empty();

    assertThat(LimitsReader.read(echo)).isEqualTo(spec.limits());
    assertThat(SecurityReader.security(echo)).isEqualTo(spec.security());
    assertThat(SecurityReader.sharing(echo)).isEqualTo(spec.sharing());
    assertThat(MountReader.read(config, echo)).containsExactlyInAnyOrderElementsOf(spec.mounts());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'Image':'a','HostConfig':{'Links':['a:b']}}",
        "{'Image':'a','HostConfig':{'StorageOpt':{'size':'1g'}}}",
        "{'Image':'a','HostConfig':{'DeviceRequests':[{'Driver':'nvidia'}]}}",
        "{'Image':'a','HostConfig':{'CgroupParent':'/x'}}",
        "{'Image':'a','HostConfig':{'MemorySwappiness':10}}",
        "{'Image':'a','HostConfig':{'LogConfig':{'Type':'syslog'}}}",
        "{'Image':'a','HostConfig':{'SecurityOpt':['apparmor=strict']}}",
        "{'Image':'a','HostConfig':{'VolumeDriver':'nfs'}}"
      })
  void whatIsNotSupportedIsRefused(String json) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.status()).isEqualTo(501))
        .hasMessageContaining("not supported");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'Image':''}",
        "{'Image':'a','HostConfig':{'Memory':'lots'}}",
        "{'Image':'a','HostConfig':{'Memory':-1}}",
        "{'Image':'a','HostConfig':{'Binds':['a:b:c:d']}}",
        "{'Image':'a','HostConfig':{'Binds':['/a:b']}}",
        "{'Image':'a','HostConfig':{'Binds':['/a:/b','/c:/b']}}",
        "{'Image':'a','HostConfig':{'RestartPolicy':{'Name':'sometimes'}}}",
        "{'Image':'a','HostConfig':{'RestartPolicy':{'Name':'always','MaximumRetryCount':3}}}",
        "{'Image':'a','HostConfig':{'AutoRemove':true,'RestartPolicy':{'Name':'always'}}}",
        "{'Image':'a','HostConfig':{'NanoCpus':1,'CpuQuota':1}}",
        "{'Image':'a','HostConfig':{'PidMode':'shareable'}}",
        "{'Image':'a','HostConfig':{'Runtime':'kata'}}",
        "{'Image':'a','HostConfig':{'LogConfig':{'Config':{'colour':'red'}}}}",
        "{'Image':'a','HostConfig':{'SecurityOpt':['nonsense']}}",
        "{'Image':'a','HostConfig':{'Mounts':[{'Type':'bind','Source':'a','Target':'/b'}]}}",
        "[1]",
        "{'Image':"
      })
  void whatIsWrongIsRefused(String json) {
    assertThatThrownBy(() -> read(json))
        .satisfies(
            e -> {
              if (e instanceof ApiException api) {
                assertThat(api.status()).isEqualTo(400);
              } else {
                assertThat(e).isInstanceOf(IllegalArgumentException.class);
              }
            });
  }

  @Test
  void unknownAndEmptyFieldsAreNoMatter() {
    assertThat(
            read(
                "{'Image':'a','Frobnicate':7,'HostConfig':{'PortBindings':{'80/tcp':[]},"
                    + "'Links':[],'StorageOpt':{},'Blub':{'x':[1]}}}"))
        .isEqualTo(InstanceSpec.of("a"));
  }

  @Test
  void anEmptyEntrypointMeansNone() {
    assertThat(read("{'Image':'a','Entrypoint':[]}").entrypoint()).contains(List.of(""));
    assertThat(read("{'Image':'a','Entrypoint':null}").entrypoint()).isEmpty();
    assertThat(read("{'Image':'a','Entrypoint':'sh'}").entrypoint()).contains(List.of("sh"));
  }

  @ParameterizedTest
  @CsvSource({"vm,VM", "'',CONTAINER", "runc,CONTAINER", "container,CONTAINER"})
  void theRuntimeSaysWhatTheWallsAre(String runtime, Isolation isolation) {
    assertThat(read("{'Image':'a','HostConfig':{'Runtime':'" + runtime + "'}}").isolation())
        .isEqualTo(isolation);
  }

  @Test
  void aHealthCheckIsCompletedFromTheImage() {
    ImageConfig.Health image =
        new ImageConfig.Health(
            List.of("CMD", "check"),
            Optional.of(Duration.ofSeconds(7)),
            Optional.empty(),
            Optional.empty(),
            9);

    InstanceSpec spec =
        SpecReader.read(
                JsonObject.parse(
                    "{\"Image\":\"a\",\"Healthcheck\":{\"Timeout\":2000000000}}"
                        .getBytes(StandardCharsets.UTF_8)),
                Optional.of("/named"),
                Optional.of(image))
            .spec();

    assertThat(spec.name()).contains("named");
    assertThat(spec.health())
        .contains(
            new HealthCheck(
                List.of("CMD", "check"),
                Duration.ofSeconds(7),
                Duration.ofSeconds(2),
                Duration.ZERO,
                Duration.ofSeconds(5),
                9));
  }

  @Test
  void volumesOfTheImageFormAndNamedOnes() {
    InstanceSpec spec =
        read(
            "{'Image':'a','Volumes':{'/v':{},'/w':{}},'HostConfig':{'Binds':['name:/w:ro','/x']}}");

    assertThat(spec.mounts())
        .containsExactly(
            volume(Optional.of("name"), "/w", true, "name:/w:ro"),
            volume(Optional.empty(), "/x", false, "/x"),
            volume(Optional.empty(), "/v", false, "/v"));
  }

  private static MountSpec volume(
      Optional<String> name, String target, boolean readOnly, String shorthand) {
    return new MountSpec.Volume(
        name,
        target,
        readOnly,
        false,
        Optional.empty(),
        Map.of(),
        Map.of(),
        Optional.of(shorthand));
  }

  @Test
  void volumesAreDescribedFieldByField() {
    InstanceSpec spec =
        read(
            "{'Image':'a','HostConfig':{'VolumesFrom':['other:ro'],'Mounts':[{'Type':'volume',"
                + "'Source':'v','Target':'/v','VolumeOptions':{'NoCopy':true,'Subpath':'a/../b',"
                + "'Labels':{'k':'l'},'DriverConfig':{'Name':'local','Options':{'size':'1G'}}}},"
                + "{'Type':'tmpfs','Target':'/t','TmpfsOptions':{'Options':[['exec'],['uid','7']]}}]}}");

    assertThat(spec.volumesFrom()).containsExactly("other:ro");
    assertThat(spec.mounts())
        .containsExactly(
            new MountSpec.Volume(
                Optional.of("v"),
                "/v",
                false,
                true,
                Optional.of("a/../b"),
                Map.of("size", "1G"),
                Map.of("k", "l"),
                Optional.empty()),
            new MountSpec.Tmpfs(
                "/t", false, OptionalLong.empty(), OptionalInt.empty(), "exec,uid=7"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/etc", "..", "a/../../b", "../x"})
  void partsOfVolumesLieWithinThem(String subpath) {
    assertThatThrownBy(
            () ->
                read(
                    "{'Image':'a','HostConfig':{'Mounts':[{'Type':'volume','Source':'v','Target':"
                        + "'/v','VolumeOptions':{'Subpath':'"
                        + subpath
                        + "'}}]}}"))
        .hasMessageContaining("relative path within the volume");
  }

  @Test
  void theHostsNetworkComesWithTheHostsUsers() {
    SpecReader.Reading host =
        reading("{\"Image\":\"a\",\"HostConfig\":{\"NetworkMode\":\"host\"}}");
    assertThat(host.spec().sharing().user()).isEqualTo(new With.Host());
    assertThat(host.warnings()).singleElement().asString().contains("--userns private");

    SpecReader.Reading apart =
        reading(
            "{\"Image\":\"a\",\"HostConfig\":{\"NetworkMode\":\"host\",\"UsernsMode\":\"private\"}}");
    assertThat(apart.spec().sharing().user()).isEqualTo(new With.Nobody());
    assertThat(apart.warnings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1,1", "1b,1", "10k,10240", "64m,67108864", "1.5g,1610612736", "2GiB,2147483648"})
  void sizes(String text, long bytes) {
    assertThat(ByteSize.parse(text)).isEqualTo(bytes);
  }
}
