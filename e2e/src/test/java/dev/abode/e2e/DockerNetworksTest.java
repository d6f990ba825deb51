package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static dev.abode.e2e.RunningEngine.BUSYBOX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.testing.Eventually;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Networks, ports and names, with the docker command line. */
class DockerNetworksTest {
  private static final String SERVE =
      "mkdir /www && hostname > /www/index.html && exec httpd -f -p 80 -h /www";

  @RegisterExtension static final RunningEngine engine = new RunningEngine();
  private static Elsewhere elsewhere;

  @BeforeAll
  static void connect() throws Exception {
    elsewhere = Elsewhere.connect();
  }

  @AfterEach
  void removeNetworks() throws Exception {
    engine.removeContainers();
    engine.docker("network", "prune", "-f").ok();
  }

  @AfterAll
  static void disconnect() throws Exception {
    elsewhere.close();
  }

  private static String page(String address, int port) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://" + address + ":" + port + "/");
      return client
          .send(
              HttpRequest.newBuilder(uri).timeout(Duration.ofMinutes(1)).build(),
              BodyHandlers.ofString())
          .body()
          .strip();
    } catch (IOException e) {
      return "";
    }
  }

  /** Runs a web server that says its name, and waits until it does; returns its host port. */
  private static int serve(String name, String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("run", "-d", "--name", name, "--hostname", name));
    words.addAll(List.of(options));
    words.addAll(List.of("-p", "80", BUSYBOX, "sh", "-c", SERVE));
    engine.docker(words.toArray(String[]::new)).ok();
    int port = port(name);
    Eventually.until(name + " serves", () -> page("127.0.0.1", port).equals(name));
    return port;
  }

  private static int port(String name) throws Exception {
    String first = engine.docker("port", name, "80/tcp").ok().lines().getFirst();
    return Integer.parseInt(first.substring(first.lastIndexOf(':') + 1));
  }

  @Test
  void aWebServerIsFetchedFromTheHostAnotherMachineAndANeighbour() throws Exception {
    engine.docker("network", "create", "shop").ok();
    int port = serve("web", "--network", "shop", "--network-alias", "front");
    assertThat(page(elsewhere.hostAddress(), port)).isEqualTo("web");
    assertThat(elsewhere.fetch(elsewhere.hostAddress(), port)).isEqualTo("web\n");
    for (String name : List.of("web", "front", "web.shop")) {
      assertThat(
              engine
                  .docker(
                      "run", "--rm", "--network", "shop", ALPINE, "wget", "-qO-", "http://" + name)
                  .ok()
                  .text())
          .isEqualTo("web");
    }
  }

  @Test
  void rangesOfPortsAreSharedOutAndRefusedWithTheNameOfTheHolder() throws Exception {
    int port = serve("first");
    Command.Result refused =
        engine
            .docker("run", "-d", "--name", "second", "-p", port + ":80", ALPINE, "sleep", "100")
            .run();
    assertThat(refused.fails(125).err()).contains("port is already allocated to container first");
    assertThat(engine.docker("ps", "-q", "--filter", "name=second").ok().text()).isEmpty();
    engine
        .docker(
            "run",
            "-d",
            "--name",
            "range",
            "-p",
            "127.0.0.1::80-82",
            "-P",
            "--expose",
            "90-91/udp",
            ALPINE,
            "sleep",
            "100")
        .ok();
    assertThat(
            engine.docker("port", "range").ok().lines().stream()
                .map(line -> line.replaceFirst(":\\d+$", ""))
                .filter(line -> !line.contains("[")))
        .containsExactlyInAnyOrder(
            "80/tcp -> 127.0.0.1",
            "81/tcp -> 127.0.0.1",
            "82/tcp -> 127.0.0.1",
            "90/udp -> 0.0.0.0",
            "91/udp -> 0.0.0.0");
  }

  @Test
  void comingAndGoingIsToldInDockersWords() throws Exception {
    engine.docker("network", "create", "shop").ok();
    engine.docker("run", "--name", "brief", "--network", "shop", ALPINE, "true").ok();
    // Until a moment to come: the client tells whole seconds only.
    List<String> events =
        engine
            .docker(
                "events", "--since", "1h", "--until", "-1s", "--format", "{{.Type}} {{.Action}}")
            .ok()
            .lines();
    int connected = events.lastIndexOf("network connect");
    assertThat(events.subList(connected, events.size()))
        .startsWith("network connect", "container start", "container die", "network disconnect");

    engine
        .docker("run", "-d", "--name", "lasting", "--network", "shop", ALPINE, "sleep", "99")
        .ok();
    Command.Result refused = engine.docker("network", "rm", "shop").run().fails(1);
    assertThat(refused.err())
        .contains(
            "error while removing network: network shop has active endpoints (name:\"lasting\"");
  }

  @Test
  void networksThatNobodyIsInArePrunedWithAllElse() throws Exception {
    engine.docker("network", "create", "unused").ok();
    engine.docker("network", "create", "used").ok();
    engine.docker("run", "-d", "--network", "used", ALPINE, "sleep", "99").ok();
    assertThat(engine.abode("system", "prune", "-f").ok().out())
        .contains("Deleted Networks:\nunused\n");
    assertThat(
            engine
                .docker("network", "ls", "--filter", "type=custom", "--format", "{{.Name}}")
                .ok()
                .lines())
        .containsExactly("used");
  }

  @Test
  void namesResolveAtOnceInAContainerThatHadNoNetwork() throws Exception {
    engine.docker("network", "create", "shop").ok();
    serve("web", "--network", "shop");
    engine.docker("run", "-d", "--name", "alone", "--network", "none", ALPINE, "sleep", "99").ok();
    engine.docker("network", "connect", "--alias", "late", "shop", "alone").ok();
    assertThat(engine.docker("exec", "alone", "wget", "-qO-", "http://web").ok().text())
        .isEqualTo("web");
    assertThat(engine.docker("exec", "alone", "cat", "/etc/hosts").ok().text())
        .contains(address("alone") + "\t");
    // Not nslookup: this one asks for both families, one time in twenty under one number, and then
    // takes the first answer only.
    assertThat(engine.docker("exec", "web", "ping", "-c", "1", "late").ok().text())
        .contains("PING late (" + address("alone") + ")");
    engine.docker("network", "disconnect", "shop", "alone").ok();
    assertThat(engine.docker("exec", "alone", "cat", "/etc/resolv.conf").ok().text())
        .doesNotContain("127.0.0.11");
  }

  private static String address(String name) throws Exception {
    return engine
        .docker("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name)
        .ok()
        .text();
  }

  @Test
  void extraHostsComeInBothFormsAndLinkLocalAddressesAreRefused() throws Exception {
    for (String form : List.of("db=10.0.0.9", "db:10.0.0.9")) {
      assertThat(
              engine
                  .abode("run", "--rm", "--add-host", form, ALPINE, "cat", "/etc/hosts")
                  .ok()
                  .text())
          .contains("10.0.0.9\tdb");
    }
    engine.docker("network", "create", "shop").ok();
    String[] asked = {
      "run", "--rm", "--network", "shop", "--link-local-ip", "169.254.9.9", ALPINE, "true"
    };
    for (Command command : List.of(engine.docker(asked), engine.abode(asked))) {
      assertThat(command.run().fails(125).err())
          .contains("link-local addresses (--link-local-ip) are not supported");
    }
  }

  @Test
  @Tag("slow")
  void whatAKilledEngineHadIsThereAgain() throws Exception {
    engine.docker("network", "create", "--ipv6", "shop").ok();
    int port = serve("web", "--network", "shop");
    engine.docker("run", "-d", "--name", "plain", "-p", "53/udp", ALPINE, "sleep", "999").ok();
    engine
        .docker(
            "run",
            "-d",
            "--name",
            "local",
            "--network",
            "shop",
            "-p",
            "127.0.0.1::81",
            ALPINE,
            "sleep",
            "999")
        .ok();
    engine.docker("network", "connect", "shop", "plain").ok();
    Map<String, List<String>> before = everything();

    engine.process().kill();
    assertThat(elsewhere.fetch(elsewhere.hostAddress(), port)).isEqualTo("web\n");
    engine.process().startAgain();
    assertThat(everything()).isEqualTo(before);
    assertThat(elsewhere.fetch(elsewhere.hostAddress(), port)).isEqualTo("web\n");
    assertThat(engine.docker("exec", "plain", "wget", "-qO-", "http://web").ok().text())
        .isEqualTo("web");
    // What is leased is not leased again, what is taken stays taken.
    engine.docker("run", "-d", "--name", "next", "--network", "shop", ALPINE, "sleep", "99").ok();
    assertThat(address("next")).isNotIn(address("web"), address("local"));
    engine.docker("run", "-d", "-p", port + ":80", ALPINE, "true").run().fails(125);

    engine.removeContainers();
    engine.docker("network", "rm", "shop").ok();
    engine.process().stop();
    assertThat(host("nft", "list", "tables")).noneMatch(line -> line.contains(table()));
    assertThat(host("ip", "-o", "link")).noneMatch(line -> line.contains(tag()));
    engine.process().startAgain();
  }

  @Test
  @Tag("slow")
  void aMachineThatWasConnectedAsItRanStaysSoUnderTheNextEngine() throws Exception {
    engine.docker("network", "create", "street").ok();
    engine.docker("network", "create", "--ipv6", "lane").ok();
    serve("flat", "--network", "lane");
    serve("house", "--runtime", "vm", "-m", "64m", "--network", "street");
    engine.docker("network", "connect", "--alias", "manor", "lane", "house").ok();
    String networks = "{{json .NetworkSettings.Networks}}";
    String before = engine.docker("inspect", "-f", networks, "house").ok().text();
    assertThat(before).contains("\"lane\"", "\"Aliases\":[\"manor\"]");

    engine.process().kill();
    engine.process().startAgain();

    assertThat(engine.docker("inspect", "-f", networks, "house").ok().text()).isEqualTo(before);
    assertThat(engine.docker("exec", "house", "wget", "-qO-", "http://flat").ok().text())
        .isEqualTo("flat");
    assertThat(engine.docker("exec", "flat", "wget", "-qO-", "http://manor").ok().text())
        .isEqualTo("house");
    engine.docker("network", "disconnect", "street", "house").ok();
    assertThat(engine.docker("exec", "house", "ls", "/sys/class/net").ok().text())
        .isEqualTo("eth1\nlo");
    assertThat(engine.docker("exec", "house", "wget", "-qO-", "http://flat").ok().text())
        .isEqualTo("flat");
    assertThat(page("127.0.0.1", port("house"))).isEqualTo("house");
  }

  private static String tag() {
    return HostState.tag(engine.process().root());
  }

  private static String table() {
    return "abode-" + tag();
  }

  private static List<String> host(String... words) throws Exception {
    return Command.of(Map.of(), List.of(words)).ok().lines();
  }

  /** What the kernel and the engine say of networks; the order of a set's elements is nobody's. */
  private static Map<String, List<String>> everything() throws Exception {
    List<String> bridges =
        engine.docker("network", "inspect", "-f", "{{.Id}}", "bridge", "shop").ok().lines().stream()
            .map(id -> "br-" + id.substring(0, 12))
            .toList();
    return Map.of(
        "ip",
        sorted(host("nft", "list", "table", "ip", table())),
        "ip6",
        sorted(host("nft", "list", "table", "ip6", table())),
        "links",
        host("ip", "-o", "link").stream()
            .filter(line -> line.contains(" v" + tag()) || line.contains(" b" + tag()))
            .map(DockerNetworksTest::settled)
            .toList(),
        "addresses",
        host("ip", "-o", "addr", "show", "scope", "global").stream()
            .filter(line -> bridges.stream().anyMatch(line::contains))
            .map(DockerNetworksTest::settled)
            .toList(),
        "inspect",
        engine
            .docker("inspect", "-f", "{{json .NetworkSettings}}", "web", "plain", "local")
            .ok()
            .lines(),
        "networks",
        sorted(engine.docker("network", "inspect", "bridge", "shop").ok().lines()));
  }

  /** Without what the kernel takes a moment to find out of an interface that is new. */
  private static String settled(String line) {
    return line.replaceAll("<[^>]*>|\\bstate \\S+|\\btentative\\b", "");
  }

  private static List<String> sorted(List<String> lines) {
    return lines.stream()
        .flatMap(line -> Arrays.stream(line.split("[\\s,]+", -1)))
        .filter(word -> !word.isEmpty())
        .sorted()
        .toList();
  }
}
