package dev.abode.engine.resolver;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResolvConfTest {
  private static final ResolvConf CONF =
      ResolvConf.parse(
          """
          # made by hand
          ; and this, too
          domain old.example
          nameserver   192.0.2.1
          nameserver 127.0.0.53
          nameserver fd00::53
          nameserver nonsense
          search one.example two.example
          options edns0 timeout:3
          options attempts:4 rotate
          sortlist 192.0.2.0
          """);

  @Test
  void whatIsWrittenIsRead() {
    assertThat(CONF.servers())
        .extracting(InetAddress::getHostAddress)
        .containsExactly("192.0.2.1", "127.0.0.53", "fd00:0:0:0:0:0:0:53");
    assertThat(CONF.search()).containsExactly("one.example", "two.example");
    assertThat(CONF.options()).containsExactly("edns0", "timeout:3", "attempts:4", "rotate");
    assertThat(CONF.timeout(Duration.ofSeconds(9))).isEqualTo(Duration.ofSeconds(3));
    assertThat(CONF.attempts()).isEqualTo(4);
  }

  @Test
  void anEmptyFileSaysNothing() {
    ResolvConf empty = ResolvConf.parse("");
    assertThat(empty).isEqualTo(new ResolvConf(List.of(), List.of(), List.of()));
    assertThat(empty.timeout(Duration.ofSeconds(9))).isEqualTo(Duration.ofSeconds(9));
    assertThat(empty.attempts()).isEqualTo(2);
    assertThat(empty.text()).isEmpty();
  }

  @Test
  void boundsHold() {
    ResolvConf wild = ResolvConf.parse("options timeout:0 attempts:1000000 attempts:x");
    assertThat(wild.timeout(Duration.ofSeconds(9))).isEqualTo(Duration.ofSeconds(1));
    assertThat(wild.attempts()).isEqualTo(5);
  }

  @Test
  void theFileOfAnInstance() {
    assertThat(
            CONF.with(List.of(Resolver.ADDRESS), List.of(), List.of())
                .withDefaultOption("ndots", 0)
                .text())
        .isEqualTo(
            """
            nameserver 127.0.0.11
            search one.example two.example
            options edns0 timeout:3 attempts:4 rotate ndots:0
            """);
    assertThat(
            CONF.with(List.of(), List.of("."), List.of("ndots:5"))
                .withDefaultOption("ndots", 0)
                .withoutLoopbackServers()
                .text())
        .isEqualTo(
            """
            nameserver 192.0.2.1
            nameserver fd00:0:0:0:0:0:0:53
            options ndots:5
            """);
  }
}
