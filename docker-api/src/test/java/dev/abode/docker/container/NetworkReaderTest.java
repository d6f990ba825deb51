package dev.abode.docker.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.json.JsonObject;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.MacAddress;
import dev.abode.engine.network.Port;
import dev.abode.engine.network.PortBinding;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkReaderTest {
  private static JsonObject json(String text) {
    return JsonObject.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static NetworkMode mode(String body) {
    JsonObject config = json(body);
    return NetworkReader.mode(config, config.objectOrEmpty("HostConfig"));
  }

  /** {@code --gw-priority}, which command lines before 28 do not know. */
  @Test
  void gatewayPrioritiesAreRefused() {
    assertThatThrownBy(
            () ->
                mode(
                    "{'HostConfig':{'NetworkMode':'lane'},"
                        + "'NetworkingConfig':{'EndpointsConfig':{'lane':{'GwPriority':1}}}}"))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("gateway priorities (--gw-priority) are not supported");
  }

  @Test
  void theModesThatAreNoNetwork() {
    assertThat(mode("{}")).isEqualTo(new NetworkMode.Unspecified());
    assertThat(
            mode(
                "{'HostConfig':{'NetworkMode':'default'},"
                    + "'NetworkingConfig':{'EndpointsConfig':{'default':{}}}}"))
        .isEqualTo(new NetworkMode.Unspecified());
    assertThat(mode("{'HostConfig':{'NetworkMode':'none'}}")).isEqualTo(new NetworkMode.None());
    assertThat(mode("{'NetworkDisabled':true}")).isEqualTo(new NetworkMode.None());
    assertThat(
            mode(
                "{'HostConfig':{'NetworkMode':'host'},"
                    + "'NetworkingConfig':{'EndpointsConfig':{'host':{}}}}"))
        .isEqualTo(new NetworkMode.Host());
    assertThat(mode("{'HostConfig':{'NetworkMode':'container:web'}}"))
        .isEqualTo(new NetworkMode.Instance("web"));
    assertThat(mode("{'HostConfig':{'NetworkMode':'bridge'}}"))
        .isEqualTo(NetworkMode.Bridged.in("bridge"));
  }

  @Test
  void aNetworkAndWhatIsAskedForInIt() {
    NetworkMode mode =
        mode(
            """
            {"MacAddress": "02:42:ac:11:00:02",
             "HostConfig": {"NetworkMode": "shop"},
             "NetworkingConfig": {"EndpointsConfig": {
               "back": {"DriverOpts": {"a": "b"}},
               "shop": {"Aliases": ["db", "data"],
                        "IPAMConfig": {"IPv4Address": "10.1.0.7", "IPv6Address": "fd00::7"}}}}}
            """);
    assertThat(mode)
        .isEqualTo(
            new NetworkMode.Bridged(
                List.of(
                    new EndpointSpec(
                        "shop",
                        Optional.of(IpAddress.parse("10.1.0.7")),
                        Optional.of(IpAddress.parse("fd00::7")),
                        Optional.of(MacAddress.parse("02:42:ac:11:00:02")),
                        List.of("db", "data"),
                        java.util.Map.of()),
                    new EndpointSpec(
                        "back",
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        java.util.Map.of("a", "b")))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'HostConfig':{'NetworkMode':'none'},"
            + "'NetworkingConfig':{'EndpointsConfig':{'shop':{}}}}",
        "{'HostConfig':{'NetworkMode':'shop'},'MacAddress':'nonsense'}",
        "{'NetworkingConfig':{'EndpointsConfig':"
            + "{'shop':{'IPAMConfig':{'IPv4Address':'10.0.0.x'}}}}}",
        "{'NetworkingConfig':{'EndpointsConfig':{'shop':{'Links':['a:b']}}}}",
        "{'NetworkingConfig':{'EndpointsConfig':"
            + "{'shop':{'IPAMConfig':{'LinkLocalIPs':['169.254.1.1']}}}}}"
      })
  void whatCannotBe(String body) {
    assertThatThrownBy(() -> mode(body))
        .isInstanceOfAny(ApiException.class, IllegalArgumentException.class);
  }

  @Test
  void portsAndTheirEcho() {
    String bindings =
        "{'80/tcp':[{'HostIp':'127.0.0.1','HostPort':'8080'},{'HostIp':'','HostPort':''}],"
            + "'53/udp':[{'HostIp':'::1','HostPort':'5000-5010'}]}";
    List<PortBinding> ports = NetworkReader.ports(json("{'PortBindings':" + bindings + "}"));
    assertThat(ports)
        .containsExactly(
            new PortBinding(
                Port.parse("80/tcp"), Optional.of(IpAddress.parse("127.0.0.1")), 8080, 8080),
            PortBinding.anywhere(Port.parse("80")),
            new PortBinding(Port.parse("53/udp"), Optional.of(IpAddress.parse("::1")), 5000, 5010));
    assertThat(new JsonDocument().with("x", NetworkSettings.bindings(ports)).toString())
        .isEqualTo("{\"x\":" + bindings.replace('\'', '"') + "}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "70000", "9-8", "-1", "0-7"})
  void portsThatAreNone(String port) {
    assertThatThrownBy(
            () ->
                NetworkReader.ports(
                    json("{'PortBindings':{'80/tcp':[{'HostPort':'" + port + "'}]}}")))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.status()).isEqualTo(400));
  }
}
