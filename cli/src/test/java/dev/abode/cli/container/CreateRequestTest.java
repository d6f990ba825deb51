package dev.abode.cli.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A command line of {@code run} as the request it becomes. */
class CreateRequestTest {
  private static CreateRequest of(String... words) throws IOException {
    return CreateRequest.of(
        new Run().syntax().parse(List.of(words)), Map.of("HERE", "here", "PATH", "/bin"));
  }

  private static Json host(String... options) throws IOException {
    List<String> words = new ArrayList<>(List.of(options));
    words.add("alpine");
    return of(words.toArray(String[]::new)).body().at("HostConfig");
  }

  @Test
  void aPlainRunAttachesToOutputOnly() throws IOException {
    CreateRequest request = of("--name", "box", "alpine", "echo", "-n", "hi");
    assertThat(request.name()).isEqualTo("box");
    assertThat(request.image()).isEqualTo("alpine");
    assertThat(request.body().compact())
        .isEqualTo(
            "{\"AttachStdin\":false,\"AttachStdout\":true,\"AttachStderr\":true,\"Tty\":false,"
                + "\"OpenStdin\":false,\"StdinOnce\":false,\"Cmd\":[\"echo\",\"-n\",\"hi\"],"
                + "\"Image\":\"alpine\",\"HostConfig\":{\"AutoRemove\":false}}");
  }

  @Test
  void streamsFollowTheirSwitches() throws IOException {
    Json interactive = of("-it", "alpine").body();
    assertThat(interactive.isTrue("Tty")).isTrue();
    assertThat(interactive.isTrue("AttachStdin")).isTrue();
    assertThat(interactive.isTrue("StdinOnce")).isTrue();
    Json detached = of("-dit", "alpine").body();
    assertThat(detached.isTrue("OpenStdin")).isTrue();
    assertThat(detached.isTrue("AttachStdin")).isFalse();
    assertThat(detached.isTrue("StdinOnce")).isFalse();
  }

  @Test
  void environmentComesFromFilesThenOptionsThenFromHere(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("env"), "# no\nA=1\n\nHERE\nNOWHERE\n");
    assertThat(of("--env-file", file.toString(), "-e", "B=x=y", "-e", "PATH", "alpine").body())
        .extracting(body -> body.texts("Env"))
        .isEqualTo(List.of("A=1", "HERE=here", "B=x=y", "PATH=/bin"));
  }

  @Test
  void aKernelIsALabelOfAVirtualMachine() throws IOException {
    Json body = of("--vm", "--kernel", "/boot/vmlinuz-6.1.0", "alpine").body();
    assertThat(body.text("Labels", "dev.abode.kernel")).isEqualTo("/boot/vmlinuz-6.1.0");
    assertThatThrownBy(() -> of("--kernel", "/boot/vmlinuz-6.1.0", "alpine"))
        .hasMessageContaining("--vm");
  }

  @Test
  void limitsHaveUnits() throws IOException {
    Json host =
        host(
            "-m",
            "64m",
            "--memory-swap",
            "-1",
            "--cpus",
            "0.5",
            "--pids-limit",
            "10",
            "--shm-size",
            "1.5g",
            "--ulimit",
            "nofile=10:20",
            "--ulimit",
            "core=0");
    assertThat(host.number("Memory")).isEqualTo(64L << 20);
    assertThat(host.number("MemorySwap")).isEqualTo(-1);
    assertThat(host.number("NanoCpus")).isEqualTo(500_000_000);
    assertThat(host.number("PidsLimit")).isEqualTo(10);
    assertThat(host.number("ShmSize")).isEqualTo(3L << 29);
    assertThat(host.at("Ulimits").compact())
        .isEqualTo(
            "[{\"Name\":\"nofile\",\"Soft\":10,\"Hard\":20},{\"Name\":\"core\",\"Soft\":0,\"Hard\":0}]");
  }

  @Test
  void wallsAreHandedOn(@TempDir Path folder) throws IOException {
    Path profile = Files.writeString(folder.resolve("s.json"), "{ \"defaultAction\" : \"A\" }");
    Json host =
        host(
            "--cap-add",
            "NET_ADMIN",
            "--cap-drop",
            "ALL",
            "--privileged",
            "--read-only",
            "--userns",
            "host",
            "--pid",
            "host",
            "--network",
            "none",
            "--vm",
            "--security-opt",
            "no-new-privileges",
            "--security-opt",
            "seccomp=" + profile,
            "--security-opt",
            "systempaths=unconfined",
            "--device",
            "/dev/null:/dev/x:r",
            "--sysctl",
            "net.a=1",
            "--restart",
            "on-failure:3");
    assertThat(host.texts("CapAdd")).containsExactly("NET_ADMIN");
    assertThat(host.isTrue("Privileged")).isTrue();
    assertThat(host.isTrue("ReadonlyRootfs")).isTrue();
    assertThat(host.text("UsernsMode")).isEqualTo("host");
    assertThat(host.text("NetworkMode")).isEqualTo("none");
    assertThat(host.text("Runtime")).isEqualTo("vm");
    assertThat(host.texts("SecurityOpt"))
        .containsExactly("no-new-privileges", "seccomp={\"defaultAction\":\"A\"}");
    assertThat(host.at("MaskedPaths").compact()).isEqualTo("[]");
    assertThat(host.at("ReadonlyPaths").compact()).isEqualTo("[]");
    assertThat(host.at("Devices").compact())
        .isEqualTo(
            "[{\"PathOnHost\":\"/dev/null\",\"PathInContainer\":\"/dev/x\",\"CgroupPermissions\":\"r\"}]");
    assertThat(host.text("Sysctls", "net.a")).isEqualTo("1");
    assertThat(host.at("RestartPolicy").compact())
        .isEqualTo("{\"Name\":\"on-failure\",\"MaximumRetryCount\":3}");
  }

  @Test
  void mountsOfAllKinds() throws IOException {
    Json body =
        of(
                "-v",
                "/a:/b:ro",
                "-v",
                "./c:/d",
                "-v",
                "/anonymous",
                "--tmpfs",
                "/t:size=1m",
                "--mount",
                "type=bind,src=/s,dst=/u,readonly",
                "alpine")
            .body();
    assertThat(body.texts("HostConfig", "Binds"))
        .containsExactly("/a:/b:ro", Path.of("c").toAbsolutePath() + ":/d");
    assertThat(body.fields("Volumes")).containsOnlyKeys("/anonymous");
    assertThat(body.text("HostConfig", "Tmpfs", "/t")).isEqualTo("size=1m");
    assertThat(body.at("HostConfig", "Mounts").compact())
        .isEqualTo("[{\"Type\":\"bind\",\"Source\":\"/s\",\"Target\":\"/u\",\"ReadOnly\":true}]");
  }

  @Test
  void portsMayHaveAddressesRangesAndProtocols() throws IOException {
    Json body =
        of(
                "-p",
                "80",
                "-p",
                "127.0.0.1:8080:81/udp",
                "-p",
                "9000-9001:90-91",
                "-p",
                "[::1]::92",
                "alpine")
            .body();
    assertThat(body.at("HostConfig", "PortBindings").compact())
        .isEqualTo(
            "{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"\"}],"
                + "\"81/udp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8080\"}],"
                + "\"90/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"9000\"}],"
                + "\"91/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"9001\"}],"
                + "\"92/tcp\":[{\"HostIp\":\"::1\",\"HostPort\":\"\"}]}");
    assertThat(body.fields("ExposedPorts")).containsKeys("80/tcp", "81/udp", "91/tcp");
  }

  @Test
  void anEmptyEntryPointClearsTheImages() throws IOException {
    assertThat(of("--entrypoint", "", "alpine").body().texts("Entrypoint")).containsExactly("");
    assertThat(of("alpine").body().at("Entrypoint").isNull()).isTrue();
  }

  @Test
  void valuesThatMakeNoSenseAreRefusedByName() {
    for (String[] wrong :
        new String[][] {
          {"-m", "much"},
          {"--cpus", "two"},
          {"-p", "x"},
          {"-p", "80-70:1-2"},
          {"--ulimit", "a"},
          {"--mount", "type=bind,src=/a"},
          {"--mount", "target=/a,bogus=1"},
          {"-e", "=x"},
          {"--restart", "on-failure:x"},
          {"--sysctl", "x"},
          {"--health-interval", "soon"}
        }) {
      assertThatThrownBy(() -> host(wrong))
          .as(String.join(" ", wrong))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("\"");
    }
  }

  @Test
  void durationsAreGos() {
    assertThat(Quantities.nanos("x", "1m30s")).isEqualTo(90_000_000_000L);
    assertThat(Quantities.nanos("x", "500ms")).isEqualTo(500_000_000L);
    assertThat(Quantities.nanos("x", "1.5h")).isEqualTo(5_400_000_000_000L);
  }
}
