package dev.abode.docker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.docker.TestEngine.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The verbs on networks of the unmodified docker CLI. */
class NetworkCliTest {
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

  private static String inspect(String network, String format) throws Exception {
    return docker("network", "inspect", "--format", format, network).ok();
  }

  @Test
  void aNetworkIsMadeShownAndRemoved() throws Exception {
    String id =
        docker(
                "network",
                "create",
                "--subnet",
                "10.231.7.0/24",
                "--gateway",
                "10.231.7.9",
                "--ip-range",
                "10.231.7.128/25",
                "--aux-address",
                "printer=10.231.7.200",
                "--label",
                "tier=back",
                "--ipam-opt",
                "shelf=3",
                "--opt",
                "com.docker.network.driver.mtu=1400",
                "shown")
            .ok();
    assertThat(id).matches("[0-9a-f]{64}");
    assertThat(inspect("shown", "{{.Id}} {{.Driver}} {{.Scope}} {{.EnableIPv6}} {{.Internal}}"))
        .isEqualTo(id + " bridge local false false");
    assertThat(inspect(id.substring(0, 12), "{{json (index .IPAM.Config 0)}}"))
        .isEqualTo(
            "{\"Subnet\":\"10.231.7.0/24\",\"IPRange\":\"10.231.7.128/25\","
                + "\"Gateway\":\"10.231.7.9\","
                + "\"AuxiliaryAddresses\":{\"printer\":\"10.231.7.200\"}}");
    assertThat(inspect("shown", "{{json .IPAM.Options}}")).isEqualTo("{\"shelf\":\"3\"}");
    assertThat(inspect("bridge", "{{json .IPAM.Options}}")).isEqualTo("null");
    assertThat(inspect("shown", "{{json .Options}} {{json .Labels}} {{json .Containers}}"))
        .isEqualTo("{\"com.docker.network.driver.mtu\":\"1400\"} {\"tier\":\"back\"} {}");
    assertThat(docker("network", "ls", "-q", "--no-trunc", "--filter", "label=tier=back").ok())
        .isEqualTo(id);
    assertThat(docker("network", "create", "shown").errors())
        .contains("network with name shown already exists");
    assertThat(docker("network", "rm", "shown").ok()).isEqualTo("shown");
    assertThat(docker("network", "inspect", "shown").errors()).contains("network shown not found");
  }

  @Test
  void thoseThatAreAlwaysThereStay() throws Exception {
    assertThat(docker("network", "ls", "--filter", "type=builtin", "--format", "{{.Name}}").ok())
        .contains("bridge", "host", "none");
    assertThat(docker("network", "ls", "-q", "--filter", "type=builtin").ok().lines())
        .hasSize(3)
        .doesNotHaveDuplicates()
        .allSatisfy(id -> assertThat(inspect(id, "{{.Scope}}")).isEqualTo("local"));
    assertThat(docker("network", "create", "--driver", "host", "second").errors())
        .contains("only one instance of \"host\" network is allowed");
    assertThat(inspect("host", "{{.Driver}}")).isEqualTo("host");
    assertThat(inspect("none", "{{.Driver}}")).isEqualTo("null");
    assertThat(docker("network", "rm", "bridge").errors())
        .contains("bridge is a pre-defined network and cannot be removed");
  }

  @Test
  void unusedNetworksArePruned() throws Exception {
    docker("network", "create", "--label", "prune=me", "unused").ok();
    docker("network", "create", "--label", "prune=me", "used").ok();
    String member = docker("create", "--network", "used", TestEngine.IMAGE, "true").ok();
    assertThat(docker("network", "prune", "-f", "--filter", "label=prune=me").ok())
        .contains("unused")
        .doesNotContain("\nused");
    docker("rm", member).ok();
    assertThat(docker("network", "prune", "-f", "--filter", "label=prune=me").ok())
        .contains("used");
  }

  @Test
  void whatIsAskedForAtCreationIsShownBeforeTheStart() throws Exception {
    docker("network", "create", "--subnet", "10.231.8.0/24", "asked").ok();
    docker("network", "create", "--subnet", "10.231.9.0/24", "further").ok();
    docker(
            "create",
            "--name",
            "member",
            "--network",
            "asked",
            "--ip",
            "10.231.8.77",
            "--network-alias",
            "db",
            "--dns",
            "192.0.2.53",
            "--dns-search",
            "corp.example",
            "--dns-option",
            "ndots:3",
            "--add-host",
            "gate:host-gateway",
            "-p",
            "127.0.0.1:18080:80",
            "-p",
            "53/udp",
            "--expose",
            "99",
            TestEngine.IMAGE,
            "true")
        .ok();
    docker("network", "connect", "--alias", "other", "further", "member").ok();
    assertThat(container("{{json .HostConfig.PortBindings}}"))
        .contains("\"80/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"18080\"}]", "\"53/udp\"");
    assertThat(
            container("{{.HostConfig.NetworkMode}} {{.HostConfig.Dns}} {{.HostConfig.DnsSearch}}"))
        .isEqualTo("asked [192.0.2.53] [corp.example]");
    assertThat(container("{{json .NetworkSettings.Networks.asked.Aliases}}")).isEqualTo("[\"db\"]");
    assertThat(container("{{.NetworkSettings.Networks.asked.IPAMConfig.IPv4Address}}"))
        .isEqualTo("10.231.8.77");
    assertThat(container("{{json .NetworkSettings.Networks.further.DNSNames}}"))
        .startsWith("[\"member\",\"other\",");
    assertThat(docker("ps", "-aq", "--filter", "network=further").ok()).isNotEmpty();
    assertThat(docker("network", "connect", "further", "member").errors())
        .contains("endpoint with name member already exists in network further");
    docker("network", "disconnect", "further", "member").ok();
    assertThat(docker("ps", "-aq", "--filter", "network=further").ok()).isEmpty();
    docker("rm", "member").ok();
    docker("network", "rm", "asked", "further").ok();
  }

  private static String container(String format) throws Exception {
    return docker("inspect", "--format", format, "member").ok();
  }

  @Test
  void anAddressOfOnesOwnChoiceNeedsASubnetOfOnesOwnChoice() throws Exception {
    docker("network", "create", "anywhere").ok();
    String refused =
        "user specified IP address is supported only when connecting to networks with user"
            + " configured subnets";
    assertThat(
            docker(
                    "create",
                    "--network",
                    "anywhere",
                    "--ip",
                    "172.30.0.9",
                    TestEngine.IMAGE,
                    "true")
                .errors())
        .contains(refused);
    String other = docker("create", TestEngine.IMAGE, "true").ok();
    assertThat(docker("network", "connect", "--ip", "172.30.0.9", "anywhere", other).errors())
        .contains(refused);
    for (String network : new String[] {"bridge", "host", "none"}) {
      assertThat(
              docker("create", "--network", network, "--ip", "172.30.0.9", TestEngine.IMAGE, "true")
                  .errors())
          .contains("user specified IP address is supported on user defined networks only");
    }
    docker("rm", other).ok();
    docker("network", "rm", "anywhere").ok();
  }

  @Test
  void whoIsInNoBridgeNetworkIsShownWhereItIs() throws Exception {
    String outside = docker("run", "-d", "--network", "host", TestEngine.IMAGE, "sleep", "99").ok();
    String alone = docker("run", "-d", "--network", "none", TestEngine.IMAGE, "sleep", "99").ok();
    String members = "{{range $id, $c := .Containers}}{{$id}} {{end}}";
    assertThat(inspect("host", members)).isEqualTo(outside);
    assertThat(inspect("none", members)).isEqualTo(alone);
    docker("network", "create", "--subnet", "10.231.10.0/24", "late").ok();
    assertThat(docker("network", "connect", "--ip", "10.9.9.9", "late", alone).errors())
        .contains("no configured subnet or ip-range contain the IP address 10.9.9.9");
    docker("network", "connect", "--ip", "10.231.10.9", "late", alone).ok();
    assertThat(inspect("none", members)).isEmpty();
    String networks = "{{range $name, $n := .NetworkSettings.Networks}}{{$name}} {{end}}";
    assertThat(docker("inspect", "--format", networks, alone).ok()).isEqualTo("late");
    docker("rm", "-f", outside, alone).ok();
    docker("network", "rm", "late").ok();
  }

  @Test
  void whoBorrowsANetworkDecidesNothingAboutIt() throws Exception {
    docker("create", "--name", "lender", TestEngine.IMAGE, "true").ok();
    Map<String, String> refused =
        Map.of(
            "--publish=80", "port publishing and the container type network mode",
            "--publish-all", "port publishing and the container type network mode",
            "--expose=80", "port exposing and the container type network mode",
            "--hostname=x", "hostname and the network mode",
            "--dns=192.0.2.1", "dns and the network mode",
            "--add-host=a:192.0.2.1", "custom host-to-IP mapping and the network mode",
            "--mac-address=02:00:00:00:00:01", "mac-address and the network mode");
    for (Map.Entry<String, String> option : refused.entrySet()) {
      assertThat(
              docker(
                      "create",
                      "--network",
                      "container:lender",
                      option.getKey(),
                      TestEngine.IMAGE,
                      "true")
                  .errors())
          .contains("conflicting options: " + option.getValue());
    }
    docker("rm", "lender").ok();
    Outcome discarded =
        docker("create", "--name", "open", "--network", "host", "-p", "80:80", TestEngine.IMAGE);
    assertThat(discarded.errors())
        .contains("Published ports are discarded when using host network mode");
    docker("rm", "open").ok();
  }

  @Test
  void mistakesAreToldInDockersWords() throws Exception {
    if (!Files.exists(Path.of("/proc/net/sctp"))) {
      assertThat(docker("run", "--rm", "-p", "80/sctp", TestEngine.IMAGE, "true").errors())
          .contains("the host's kernel does not know sctp; load its module");
    }
    assertThat(docker("network", "create", "--subnet", "10.231.9.7/24", "wrong").errors())
        .contains("invalid subnet 10.231.9.7/24: it should be 10.231.9.0/24");
    assertThat(docker("run", "--network", "nowhere", TestEngine.IMAGE, "true").errors())
        .contains("network nowhere not found");
    assertThat(docker("network", "create", "--subnet", "10.300.0.0/24", "wrong").errors())
        .contains("10.300.0.0/24");
    assertThat(docker("network", "create", "--driver", "overlay", "wrong").errors())
        .contains("overlay");
    assertThat(docker("run", "--link", "a:b", TestEngine.IMAGE, "true").errors())
        .contains("links are not supported");
  }
}
