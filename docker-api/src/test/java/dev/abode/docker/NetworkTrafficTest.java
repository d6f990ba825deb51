package dev.abode.docker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.docker.TestEngine.Outcome;
import dev.abode.linux.testing.Eventually;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** A web server on a network of its own, driven by the unmodified docker CLI. */
@TestInstance(Lifecycle.PER_CLASS)
class NetworkTrafficTest {
  /** Reads the request to its end, so that the answer is not followed by a reset. */
  private static final String ANSWER =
      "while read -r line && [ ${#line} -gt 1 ]; do :; done;"
          + " printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello'";

  private TestEngine engine;

  @BeforeAll
  void open() throws Exception {
    engine = new TestEngine();
    docker("network", "create", "shop").ok();
    docker(
            "run",
            "-d",
            "--name",
            "web",
            "--network",
            "shop",
            "--network-alias",
            "site",
            "-p",
            "127.0.0.1::80",
            "--expose",
            "99/udp",
            TestEngine.IMAGE,
            "nc",
            "-lk",
            "-p",
            "80",
            "-e",
            "sh",
            "-c",
            ANSWER)
        .ok();
    Eventually.until(
        "it listens",
        () -> docker("exec", "web", "wget", "-qO-", "http://127.0.0.1/").exitCode() == 0);
  }

  @AfterAll
  void close() throws Exception {
    docker("rm", "-f", "web").ok();
    docker("network", "rm", "shop").ok();
    engine.close();
  }

  private Outcome docker(String... arguments) throws IOException, InterruptedException {
    return engine.docker(arguments);
  }

  private String inspect(String format) throws Exception {
    return docker("inspect", "--format", format, "web").ok();
  }

  @Test
  void aPublishedPortIsReachedFromTheHost() throws Exception {
    String published = docker("port", "web", "80/tcp").ok();
    assertThat(published).startsWith("127.0.0.1:");
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + published + "/")).build();
      assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).body())
          .isEqualTo("hello");
    }
    assertThat(docker("ps", "--format", "{{.Ports}}", "--filter", "name=web").ok())
        .contains(published + "->80/tcp", "99/udp");
    assertThat(inspect("{{json .NetworkSettings.Ports}}"))
        .contains("\"99/udp\":null")
        .contains("\"HostPort\":\"" + published.substring("127.0.0.1:".length()) + "\"");
  }

  @Test
  void aNeighbourReachesItByNameAndAlias() throws Exception {
    for (String name : new String[] {"web", "site", "web.shop"}) {
      assertThat(
              docker(
                      "run",
                      "--rm",
                      "--network",
                      "shop",
                      TestEngine.IMAGE,
                      "wget",
                      "-T",
                      "60",
                      "-qO-",
                      "http://" + name + "/")
                  .ok())
          .isEqualTo("hello");
    }
  }

  @Test
  void inspectShowsWhereItIs() throws Exception {
    String address = inspect("{{.NetworkSettings.Networks.shop.IPAddress}}");
    assertThat(
            docker(
                    "network",
                    "inspect",
                    "--format",
                    "{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}}",
                    "shop")
                .ok())
        .startsWith("web " + address + "/");
    assertThat(inspect("{{.NetworkSettings.Networks.shop.Gateway}}"))
        .isEqualTo(
            docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", "shop")
                .ok());
    assertThat(inspect("{{.NetworkSettings.Networks.shop.MacAddress}}"))
        .matches("([0-9a-f]{2}:){5}[0-9a-f]{2}");
    assertThat(docker("network", "rm", "shop").errors()).contains("has active endpoints", "web");
  }

  @Test
  void aContainerIsConnectedWhileItRuns() throws Exception {
    docker("network", "create", "back").ok();
    try {
      docker("network", "connect", "--alias", "inner", "back", "web").ok();
      String[] fetch = {
        "run",
        "--rm",
        "--network",
        "back",
        TestEngine.IMAGE,
        "wget",
        "-T",
        "5",
        "-qO-",
        "http://inner/"
      };
      assertThat(docker(fetch).ok()).isEqualTo("hello");
      docker("network", "disconnect", "back", "web").ok();
      assertThat(docker(fetch).exitCode()).isNotZero();
    } finally {
      docker("network", "rm", "back");
    }
  }

  @Test
  void aPortInUseIsRefusedAndNothingIsLeft() throws Exception {
    String published = docker("port", "web", "80/tcp").ok();
    Outcome outcome =
        docker("run", "-d", "--name", "second", "-p", published + ":80", TestEngine.IMAGE, "true");
    assertThat(outcome.exitCode()).isEqualTo(125);
    assertThat(outcome.errors()).contains(published.substring("127.0.0.1:".length()));
    assertThat(docker("inspect", "--format", "{{.State.Running}}", "second").ok())
        .isEqualTo("false");
    docker("rm", "second").ok();
  }
}
