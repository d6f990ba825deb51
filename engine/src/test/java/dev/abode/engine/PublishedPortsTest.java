package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.NetworkOption;
import dev.abode.engine.network.NetworkSpec;
import dev.abode.engine.network.Port;
import dev.abode.engine.network.PortBinding;
import dev.abode.engine.network.PublishedPort;
import dev.abode.engine.testing.Echo;
import dev.abode.engine.testing.EngineCase;
import dev.abode.engine.testing.OtherMachine;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Published ports of both protocols and families, from the host and from another machine. */
@Tag("slow")
class PublishedPortsTest extends EngineCase {
  private static final Port TCP = Port.parse("80/tcp");
  private static final Port UDP = Port.parse("80/udp");

  private OtherMachine outside;

  @BeforeAll
  void open() throws Exception {
    outside = OtherMachine.connect();
    engine.networks().create(NetworkSpec.of("both").withIpv6(true));
  }

  @AfterAll
  void close() throws Exception {
    engine.networks().prune(network -> true);
    outside.close();
  }

  private InstanceSpecBuilder sleeper(PortBinding... ports) {
    return InstanceSpec.builder(alpine)
        .command(List.of("sleep", "1000"))
        .network(NetworkMode.Bridged.in("both"))
        .ports(List.of(ports));
  }

  private Instance start(InstanceSpecBuilder spec) throws Exception {
    Instance instance = engine.create(spec.build());
    instance.start();
    return instance;
  }

  private static Echo echo(Instance instance) throws Exception {
    return Echo.serve(instance.info().state().pid(), 80);
  }

  private static int hostPort(Instance instance, Port port) {
    return instance.info().ports().stream()
        .filter(p -> p.port().equals(port))
        .findFirst()
        .orElseThrow()
        .hostPort();
  }

  private static Endpoint endpoint(Instance instance) {
    return instance.info().connections().getFirst().endpoint().orElseThrow();
  }

  /** What the host hears. */
  private static String here(String protocol, String address, int port) throws Exception {
    return OtherMachine.host(Echo.ask(protocol, address, port));
  }

  private String there(String protocol, String address, int port) throws Exception {
    return outside.run(Echo.ask(protocol, address, port));
  }

  @Test
  void reachEveryProtocolOfEveryFamilyAndKeepTheSource() throws Exception {
    Instance server = start(sleeper(PortBinding.anywhere(TCP), PortBinding.anywhere(UDP)));
    try (Echo _ = echo(server)) {
      for (Port published : List.of(TCP, UDP)) {
        String protocol = published.protocol().word();
        int port = hostPort(server, published);
        assertThat(there(protocol, outside.hostAddress(), port))
            .as("IPv4 %s", protocol)
            .isEqualTo(outside.address());
        assertThat(there(protocol, outside.hostAddress6(), port))
            .as("IPv6 %s", protocol)
            .isEqualTo(outside.address6());
        assertThat(here(protocol, outside.hostAddress(), port)).isEqualTo(outside.hostAddress());
        assertThat(here(protocol, outside.hostAddress6(), port)).isEqualTo(outside.hostAddress6());
        assertThat(here(protocol, "127.0.0.1", port))
            .isEqualTo(endpoint(server).ipv4().orElseThrow().gateway().orElseThrow().toString());
      }
      // Refused at once, so that a client goes on to the next address of "localhost".
      assertThat(here("tcp", "::1", hostPort(server, TCP))).isEqualTo("ConnectionRefusedError");
      assertThat(here("udp", "::1", hostPort(server, UDP))).isEqualTo("ConnectionRefusedError");
    }
  }

  @Test
  void areFoundByOneWhoNeverStopsSending() throws Exception {
    PortBinding binding = PortBinding.anywhere(UDP);
    Instance first = start(sleeper(binding));
    int port = hostPort(first, UDP);
    String[] syslog = Echo.ask("udp", outside.hostAddress(), port, 5514, 60);
    try (Echo _ = echo(first)) {
      assertThat(outside.run(syslog)).isEqualTo(outside.address());
    }
    IpAddress address = endpoint(first).ipv4().orElseThrow().address();
    first.remove(true, false);
    // Nobody has the port now; what was sent in vain must not be what counts later.
    assertThat(outside.run(Echo.ask("udp", outside.hostAddress(), port, 5514, 1)))
        .isNotEqualTo(outside.address());
    Instance second = start(sleeper(PortBinding.of(UDP, port)));
    assertThat(endpoint(second).ipv4().orElseThrow().address()).isNotEqualTo(address);
    try (Echo _ = echo(second)) {
      assertThat(outside.run(syslog)).isEqualTo(outside.address());
    }
  }

  @Test
  void stayWhereTheyAreBound() throws Exception {
    PortBinding loopback = new PortBinding(TCP, Optional.of(IpAddress.parse("127.0.0.1")), 0, 0);
    PortBinding link =
        new PortBinding(UDP, Optional.of(IpAddress.parse(outside.hostAddress6())), 0, 0);
    Instance server = start(sleeper(loopback, link));
    try (Echo _ = echo(server)) {
      int tcp = hostPort(server, TCP);
      assertThat(here("tcp", "127.0.0.1", tcp)).matches("[0-9.]+");
      assertThat(there("tcp", outside.hostAddress(), tcp)).isEqualTo("ConnectionRefusedError");
      int udp = hostPort(server, UDP);
      assertThat(there("udp", outside.hostAddress6(), udp)).isEqualTo(outside.address6());
      assertThat(there("udp", outside.hostAddress(), udp)).isEqualTo("ConnectionRefusedError");
    }
  }

  @Test
  void areRefusedWhereNothingLeadsToTheContainer() throws Exception {
    PortBinding loopback = new PortBinding(TCP, Optional.of(IpAddress.parse("::1")), 0, 0);
    PortBinding everywhere = new PortBinding(TCP, Optional.of(IpAddress.parse("::")), 0, 0);
    Instance first = engine.create(sleeper(loopback).build());
    assertThatThrownBy(first::start).hasMessageContaining("publish at 127.0.0.1");
    Instance second =
        engine.create(sleeper(everywhere).network(NetworkMode.Bridged.in("bridge")).build());
    assertThatThrownBy(second::start)
        .hasMessageContaining("none of the container's networks has IPv6");
    start(sleeper(everywhere));
  }

  @Test
  void areAllPublishedWhereThatIsAsked() throws Exception {
    Instance server =
        start(sleeper(PortBinding.of(TCP, 0)).publishAll(true).exposedPorts(List.of("80-84/tcp")));
    assertThat(server.info().ports())
        .filteredOn(port -> port.hostAddress().isIpv4())
        .extracting(PublishedPort::port)
        .containsExactlyInAnyOrder(
            Port.parse("80/tcp"),
            Port.parse("81/tcp"),
            Port.parse("82/tcp"),
            Port.parse("83/tcp"),
            Port.parse("84/tcp"));
    try (Echo _ = echo(server)) {
      assertThat(there("tcp", outside.hostAddress(), hostPort(server, TCP)))
          .isEqualTo(outside.address());
    }
  }

  @Test
  void areRefusedWithTheNameOfTheContainerThatHasThem() throws Exception {
    Instance first = start(sleeper(PortBinding.anywhere(TCP)).name("first"));
    int port = hostPort(first, TCP);
    Instance second = engine.create(sleeper(PortBinding.of(TCP, port)).build());
    assertThatThrownBy(second::start)
        .isInstanceOf(EngineException.class)
        .hasMessageContaining(
            ":" + port + " failed: port is already allocated to container first;");
    assertThat(second.info().connections().getFirst().endpoint()).isEmpty();
    first.rename("renamed");
    assertThatThrownBy(second::start).hasMessageContaining("to container renamed;");
    // The next in a range will do.
    Instance third =
        start(sleeper(new PortBinding(TCP, Optional.empty(), port, Math.min(port + 20, 65_535))));
    assertThat(hostPort(third, TCP)).isGreaterThan(port);
  }

  @Test
  void openNothingBetweenNeighboursThatMayNotReachEachOther() throws Exception {
    engine
        .networks()
        .create(
            NetworkSpec.of("apart")
                .withOptions(Map.of(NetworkOption.INTER_CONTAINER.key(), "false")));
    NetworkMode apart = NetworkMode.Bridged.in("apart");
    Instance server = start(sleeper(PortBinding.anywhere(TCP)).network(apart));
    Instance client = start(sleeper().network(apart));
    try (Echo _ = echo(server)) {
      String address = address(server);
      assertThat(in(client, Echo.askInVain("tcp", address, 80))).isNotEqualTo(address(client));
      assertThat(here("tcp", address, 80)).matches("[0-9.]+");
      assertThat(there("tcp", outside.hostAddress(), hostPort(server, TCP)))
          .isEqualTo(outside.address());
    }
    client.remove(true, false);
    server.remove(true, false);
    engine.networks().remove("apart");
  }

  @Test
  void doNotLeadIntoAnInternalNetwork() throws Exception {
    engine.networks().create(NetworkSpec.of("inside").withInternal(true));
    Instance server =
        start(
            sleeper(PortBinding.anywhere(TCP))
                .network(new NetworkMode.Bridged(List.of(EndpointSpec.of("inside")))));
    assertThat(server.info().ports()).isEmpty();
    String address = endpoint(server).ipv4().orElseThrow().address().toString();
    try (Echo _ = echo(server)) {
      assertThat(outside.run(Echo.askInVain("tcp", address, 80))).isNotEqualTo(outside.address());
      assertThat(in(server, Echo.askInVain("tcp", outside.address(), 80))).isEqualTo("OSError");
    }
    server.remove(true, false);
    engine.networks().remove("inside");
  }

  @Test
  void leadNobodyToTheLoopbackOfTheHost() throws Exception {
    // A published port makes the host route 127.0.0.1 on the bridge (CVE-2020-8558).
    Instance server = start(sleeper(PortBinding.anywhere(TCP)));
    Instance attacker = start(sleeper());
    int port = freePort();
    String gateway = endpoint(attacker).ipv4().orElseThrow().gateway().orElseThrow().toString();
    try (Echo _ = Echo.serve(ProcessHandle.current().pid(), port)) {
      assertThat(in(attacker, Echo.ask("tcp", gateway, port))).isEqualTo(address(attacker));
      in(
          attacker,
          "sh",
          "-c",
          "echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet; ip address del 127.0.0.1/8 dev lo;"
              + " ip route add 127.0.0.1 via "
              + gateway
              + " src "
              + address(attacker));
      assertThat(in(attacker, Echo.askInVain("tcp", "127.0.0.1", port))).isEqualTo("TimeoutError");
      assertThat(in(attacker, Echo.askInVain("udp", "127.0.0.1", port))).isEqualTo("TimeoutError");
    }
    attacker.remove(true, false);
    server.remove(true, false);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static String address(Instance instance) {
    return endpoint(instance).ipv4().orElseThrow().address().toString();
  }

  private static String in(Instance instance, String... command) throws Exception {
    String[] entered = new String[command.length + 2];
    entered[0] = "nsenter";
    entered[1] = "--net=/proc/" + instance.info().state().pid() + "/ns/net";
    System.arraycopy(command, 0, entered, 2, command.length);
    return OtherMachine.host(entered);
  }
}
