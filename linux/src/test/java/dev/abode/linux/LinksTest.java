package dev.abode.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.linux.PacketFilter.Change;
import dev.abode.linux.PacketFilter.Family;
import dev.abode.linux.PacketFilter.Hook;
import java.io.IOException;
import java.net.InetAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** In network namespaces of its own, which end with their processes. */
class LinksTest {
  private static final byte[] MAC = {2, 0x42, 10, 7, 0, 2};

  private Process host;
  private Process guest;

  @BeforeEach
  void makeNamespaces() throws IOException {
    host = namespace();
    guest = namespace();
  }

  private static Process namespace() throws IOException {
    Process process = new ProcessBuilder("unshare", "--net", "sh", "-c", "echo; exec cat").start();
    assertThat(process.inputReader().readLine()).isEmpty();
    return process;
  }

  @AfterEach
  void endNamespaces() throws InterruptedException {
    for (Process process : new Process[] {host, guest}) {
      process.destroyForcibly();
      process.waitFor();
    }
  }

  private static int pid(Process process) {
    return Math.toIntExact(process.pid());
  }

  private static <T> T in(Process process, NetworkNamespace.Work<T> work) throws IOException {
    try (NetworkNamespace namespace = NetworkNamespace.ofProcess(pid(process))) {
      return namespace.call(work);
    }
  }

  private static String output(Process where, String... command) throws IOException {
    String[] entered = new String[command.length + 4];
    entered[0] = "nsenter";
    entered[1] = "--net=/proc/" + where.pid() + "/ns/net";
    entered[2] = "env";
    entered[3] = "LC_ALL=C";
    System.arraycopy(command, 0, entered, 4, command.length);
    Process process = new ProcessBuilder(entered).redirectErrorStream(true).start();
    return new String(process.getInputStream().readAllBytes(), UTF_8);
  }

  @Test
  void connectsANamespaceToABridge() throws IOException {
    try (Links outside = in(host, Links::open);
        Links inside = in(guest, Links::open)) {
      int bridge = outside.createBridge("br0", new byte[] {2, 0, 0, 0, 0, 1}, 1400);
      outside.setup().address(bridge, new byte[] {10, 7, 0, 1}, 24).apply("br0");
      outside.createPort("port0", bridge, 1400, true, "eth0", MAC, pid(guest));
      int link = inside.find("eth0").orElseThrow().index();
      inside
          .setup()
          .up(1, false)
          .up(link, false)
          .address(link, new byte[] {10, 7, 0, 2}, 24)
          .defaultRoute(link, new byte[] {10, 7, 0, 1})
          .apply("eth0");

      assertThat(inside.list())
          .filteredOn(Links.Link::up)
          .extracting(Links.Link::name)
          .containsExactlyInAnyOrder("lo", "eth0");
      assertThat(inside.addresses())
          .contains(new Links.Address(link, InetAddress.ofLiteral("10.7.0.2"), 24))
          .noneMatch(a -> a.address().isLinkLocalAddress());
      assertThat(inside.routes())
          .contains(
              new Links.Route(InetAddress.ofLiteral("0.0.0.0"), 0, link),
              new Links.Route(InetAddress.ofLiteral("10.7.0.0"), 24, link));
      assertThat(outside.find("port0").orElseThrow().master()).isEqualTo(bridge);
      assertThat(output(host, "ip", "-d", "link", "show", "port0")).contains("isolated on");
      assertThat(output(guest, "busybox", "ping", "-c", "1", "-W", "60", "10.7.0.1"))
          .contains(" 0% packet");

      outside.delete("port0");
      outside.delete("port0");
      assertThat(inside.find("eth0")).isEmpty();
    }
  }

  @Test
  void saysWhatTheKernelRefuses() throws IOException {
    try (Links links = in(host, Links::open)) {
      int bridge = links.createBridge("br0", new byte[] {2, 0, 0, 0, 0, 1}, 1500);
      assertThatThrownBy(() -> links.createBridge("br0", MAC, 1500))
          .isInstanceOf(KernelException.class)
          .hasMessageContaining("bridge br0")
          .extracting(e -> ((KernelException) e).errno())
          .isEqualTo(Errno.EEXIST);
      links.setup().address(bridge, new byte[] {10, 7, 0, 1}, 24).apply("br0");
      assertThat(links.find("nothing")).isEmpty();
    }
  }

  @Test
  void filtersAndRedirectsAsNftUnderstandsIt() throws IOException {
    in(
        host,
        () -> {
          new Change()
              .replace(Family.IPV4, "abode-test")
              .set("bridges", 41, 16)
              .map("any", (12 << 6) | 13, 8, (7 << 6) | 13, 8)
              .chain("forward", "filter", Hook.FORWARD, 0)
              .chain("prerouting", "nat", Hook.PREROUTING, -100)
              .chain("postrouting", "nat", Hook.POSTROUTING, 100)
              .rule("forward", r -> r.toOneOf("bridges").established().leave())
              .rule("forward", r -> r.toOneOf("bridges").redirected().leave())
              .rule("forward", r -> r.toOneOf("bridges").drop())
              .rule("prerouting", r -> r.from("lo").destinationPort("any", false).redirect())
              .rule("prerouting", r -> r.destinationLocal().copy(new byte[] {1, 2, 3, 4}, 1).drop())
              .rule(
                  "postrouting",
                  r -> r.source(new byte[] {10, 7, 0, 0}, 16).toNoneOf("bridges").masquerade())
              .add("bridges", PacketFilter.interfaceName("br0"), new byte[0])
              .add(
                  "any",
                  new byte[] {6, 0, 0, 0, 0, 80, 0, 0},
                  new byte[] {10, 7, 0, 2, 31, -112, 0, 0})
              .commit("the test's table");
          return true;
        });
    assertThat(output(host, "nft", "list", "ruleset"))
        .contains(
            "elements = { \"br0\" }",
            "tcp . 80 : 10.7.0.2 . 8080",
            "oifname @bridges ct state established,related return",
            "oifname @bridges ct status dnat return",
            "iifname \"lo\" dnat ip to meta l4proto . th dport map @any",
            "fib daddr type local dup to 1.2.3.4 device \"lo\" drop",
            "ip saddr 10.7.0.0/16 oifname != @bridges masquerade");
    in(
        host,
        () -> {
          new Change().remove(Family.IPV4, "abode-test").commit("the test's table");
          new Change().remove(Family.IPV4, "abode-test").commit("the test's table");
          return true;
        });
    assertThat(output(host, "nft", "list", "ruleset")).isEmpty();
  }
}
