package dev.abode.engine.resolver;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReverseNameTest {
  @Test
  void bothFamilies() {
    assertThat(ReverseName.parse("2.0.77.10.in-addr.arpa"))
        .contains(InetAddress.ofLiteral("10.77.0.2"));
    assertThat(
            ReverseName.parse(
                "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.f.7.7.0.0.0.0.d.f.ip6.arpa"))
        .contains(InetAddress.ofLiteral("fd00:0077:f000::2"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "web",
        "in-addr.arpa",
        "0.77.10.in-addr.arpa",
        "1.2.0.77.10.in-addr.arpa",
        "256.0.77.10.in-addr.arpa",
        "a.0.77.10.in-addr.arpa",
        ".0.77.10.in-addr.arpa",
        "-1.0.77.10.in-addr.arpa",
        "2.0.ip6.arpa"
      })
  void whatIsNoAddress(String name) {
    assertThat(ReverseName.parse(name)).isEmpty();
  }
}
