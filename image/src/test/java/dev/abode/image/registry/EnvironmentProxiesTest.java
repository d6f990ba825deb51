package dev.abode.image.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentProxiesTest {
  private final EnvironmentProxies proxies =
      new EnvironmentProxies(
          Map.of(
              "HTTPS_PROXY", "http://proxy.example.com:3128",
              "http_proxy", "plain.example.com",
              "NO_PROXY", "internal, .corp.example.com,*.lab,10.0.0.1:5000"));

  private Proxy of(String url) {
    return proxies.select(URI.create(url)).getFirst();
  }

  @Test
  void theSchemesVariableCountsInEitherCase() {
    assertThat(of("https://registry-1.docker.io/v2/").address())
        .isEqualTo(InetSocketAddress.createUnresolved("proxy.example.com", 3128));
    assertThat(of("http://registry.example.com/v2/").address())
        .isEqualTo(InetSocketAddress.createUnresolved("plain.example.com", 80));
    assertThat(new EnvironmentProxies(Map.of()).select(URI.create("https://x.io/"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://localhost:5000/",
        "http://127.0.0.1:5000/",
        "https://internal/",
        "https://a.internal/",
        "https://registry.corp.example.com/",
        "https://x.lab/",
        "http://10.0.0.1:5000/",
      })
  void someHostsAreReachedDirectly(String url) {
    assertThat(of(url)).isEqualTo(Proxy.NO_PROXY);
  }

  @Test
  void aNameThatOnlyEndsAlikeIsNotExempt() {
    assertThat(of("https://notinternal/").address()).isNotNull();
    assertThat(of("http://10.0.0.1:5001/").address()).isNotNull();
  }
}
