package dev.abode.cli.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkOptionsTest {
  private static Json body(String... options) throws IOException {
    List<String> words = new ArrayList<>(List.of(options));
    words.add("alpine");
    return CreateRequest.of(new Run().syntax().parse(words), Map.of()).body();
  }

  private static String endpoints(Json body) {
    return body.at("NetworkingConfig", "EndpointsConfig").compact();
  }

  @Test
  void aNameAloneIsTheMode() throws IOException {
    Json body = body("--network", "shop");
    assertThat(body.text("HostConfig", "NetworkMode")).isEqualTo("shop");
    assertThat(body.at("NetworkingConfig").isNull()).isTrue();
  }

  @Test
  void theShortOptionsTellOfTheFirstNetwork() throws IOException {
    Json body =
        body(
            "--network",
            "shop",
            "--network",
            "back",
            "--ip",
            "10.1.0.7",
            "--ip6",
            "fd00::7",
            "--network-alias",
            "db",
            "--network-alias",
            "data",
            "--mac-address",
            "02:00:00:00:00:07");
    assertThat(body.text("HostConfig", "NetworkMode")).isEqualTo("shop");
    assertThat(endpoints(body))
        .isEqualTo(
            "{\"shop\":{\"MacAddress\":\"02:00:00:00:00:07\",\"IPAMConfig\":"
                + "{\"IPv4Address\":\"10.1.0.7\",\"IPv6Address\":\"fd00::7\"},"
                + "\"Aliases\":[\"db\",\"data\"]},\"back\":{}}");
    assertThat(endpoints(body("--network-alias", "db")))
        .isEqualTo("{\"default\":{\"Aliases\":[\"db\"]}}");
  }

  @Test
  void aNetworkMayBringItsOwnSettings() throws IOException {
    Json body =
        body(
            "--network",
            "name=shop,ip=10.1.0.7,alias=db,alias=data,driver-opt=a=b",
            "--net",
            "back");
    assertThat(body.text("HostConfig", "NetworkMode")).isEqualTo("shop");
    assertThat(endpoints(body))
        .isEqualTo(
            "{\"shop\":{\"IPAMConfig\":{\"IPv4Address\":\"10.1.0.7\"},"
                + "\"Aliases\":[\"db\",\"data\"],\"DriverOpts\":{\"a\":\"b\"}},\"back\":{}}");
  }

  @Test
  void aRangeOnTheHostForOnePortIsAnyOfThem() throws IOException {
    assertThat(body("-p", "8000-8010:80").at("HostConfig", "PortBindings").compact())
        .isEqualTo("{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8000-8010\"}]}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"name=shop,colour=red", "ip=10.1.0.7", "name=shop,ip"})
  void settingsThatMakeNoSense(String network) {
    assertThatThrownBy(() -> body("--network", network)).isInstanceOf(UsageException.class);
  }

  @Test
  void linksAreRefusedWithTheWayToGo() {
    assertThatThrownBy(() -> body("--link", "db:data"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--network-alias");
  }
}
