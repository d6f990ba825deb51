package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.network.Connection;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.IpAddress;
import dev.abode.engine.network.NetworkInfo;
import dev.abode.engine.network.NetworkSpec;
import dev.abode.engine.network.Port;
import dev.abode.engine.network.PortBinding;
import dev.abode.engine.network.PublishedPort;
import dev.abode.engine.network.Subnet;
import dev.abode.engine.network.SubnetSpec;
import dev.abode.engine.testing.Echo;
import dev.abode.engine.testing.EngineCase;
import dev.abode.engine.testing.OtherMachine;
import dev.abode.engine.testing.SharedImages;
import dev.abode.engine.testing.TestEngine;
import dev.abode.linux.testing.Eventually;
import java.net.ServerSocket;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Networks and published ports, on a real kernel, seen from other namespaces. */
class NetworksTest extends EngineCase {
  /** Tells whoever connects who is connected. */
  private static final String SERVER = "exec nc -lk -p 80 -e cat /proc/net/tcp /proc/net/tcp6";

  private static final Port HTTP = Port.parse("80/tcp");

  private OtherMachine outside;

  @BeforeAll
  void open() throws Exception {
    outside = OtherMachine.connect();
  }

  @AfterEach
  void removeAll() throws Exception {
    test.removeAll();
    engine.networks().prune(network -> true);
  }

  @AfterAll
  void close() throws Exception {
    outside.close();
  }

  /** What the command prints in an instance of its own. */
  private String output(NetworkMode network, String line) throws Exception {
    Instance instance = run(shell(line).network(network));
    instance.await(WaitCondition.NOT_RUNNING);
    String log = TestEngine.log(instance);
    instance.remove(true, false);
    return log;
  }

  private Instance serve(InstanceSpecBuilder spec) throws Exception {
    Instance instance = run(spec.command(List.of("sh", "-c", SERVER)));
    Endpoint endpoint = endpoint(instance);
    String address = endpoint.ipv4().orElseThrow().address().toString();
    Eventually.until("it listens", () -> !OtherMachine.fetchHere(address, 80).isEmpty());
    return instance;
  }

  private static Endpoint endpoint(Instance instance) {
    return instance.info().connections().getFirst().endpoint().orElseThrow();
  }

  private static String address(Instance instance) {
    return endpoint(instance).ipv4().orElseThrow().address().toString();
  }

  /** How many lines a server says, asked by a shell. */
  private static String ask(String address, int port, int seconds) {
    return "nc -w " + seconds + " " + address + " " + port + " </dev/null | wc -l";
  }

  /** As /proc/net/tcp shows an address. */
  private static String hex(String address) {
    byte[] bytes = IpAddress.parse(address).bytes();
    byte[] reversed = {bytes[3], bytes[2], bytes[1], bytes[0]};
    return HexFormat.of().formatHex(reversed).toUpperCase(Locale.ROOT);
  }

  private static int hostPort(Instance instance) {
    return instance.info().ports().getFirst().hostPort();
  }

  @Test
  void givesAnInstanceThatAsksForNothingTheDefaultNetwork() throws Exception {
    Instance instance = run(shell("ip addr show eth0; ip route; echo said; exec sleep 1000"));
    Connection connection = instance.info().connections().getFirst();
    Endpoint endpoint = connection.endpoint().orElseThrow();
    assertThat(connection.networkName()).isEqualTo("bridge");
    assertThat(endpoint.interfaceName()).isEqualTo("eth0");
    String gateway = endpoint.ipv4().orElseThrow().gateway().orElseThrow().toString();
    TestEngine.awaitLine(instance, "said");
    assertThat(TestEngine.log(instance))
        .contains("inet " + endpoint.ipv4().orElseThrow() + " ")
        .contains("link/ether " + endpoint.mac() + " ")
        .contains("default via " + gateway + " dev eth0")
        .doesNotContain("inet6");
    NetworkInfo network = engine.networks().require("bridge");
    assertThat(network.endpoints()).containsExactly(endpoint);
    assertThat(OtherMachine.host("ip", "-br", "link", "show", network.bridge())).contains("UP");
    instance.remove(true, false);
    assertThat(engine.networks().require("bridge").endpoints()).isEmpty();
  }

  @Test
  void letsNeighboursReachEachOtherAndNobodyElse() throws Exception {
    Networks networks = engine.networks();
    NetworkInfo one = networks.create(NetworkSpec.of("one"));
    networks.create(NetworkSpec.of("two"));
    Instance server = serve(shell("").network(NetworkMode.Bridged.in("one")));
    assertThat(output(NetworkMode.Bridged.in("one"), ask(address(server), 80, 60)))
        .isNotEqualTo("0\n");
    assertThat(output(NetworkMode.Bridged.in("two"), ask(address(server), 80, 2))).isEqualTo("0\n");
    outside.run(
        "ip",
        "route",
        "add",
        one.subnets().getFirst().subnet().toString(),
        "via",
        outside.hostAddress());
    assertThat(outside.fetchInVain(address(server), 80)).isEmpty();
  }

  @Test
  void connectsAndDisconnectsWhileAnInstanceRuns() throws Exception {
    Networks networks = engine.networks();
    networks.create(NetworkSpec.of("one"));
    NetworkInfo two = networks.create(NetworkSpec.of("two"));
    Instance instance = serve(shell("").network(NetworkMode.Bridged.in("one")));
    networks.connect(instance.id(), EndpointSpec.of("two").withAliases("web"));
    Endpoint further = networks.require("two").endpoints().getFirst();
    assertThat(further.interfaceName()).isEqualTo("eth1");
    assertThat(further.aliases()).containsExactly("web");
    String ask = ask(further.ipv4().orElseThrow().address().toString(), 80, 60);
    assertThat(output(NetworkMode.Bridged.in("two"), ask)).isNotEqualTo("0\n");
    assertThatThrownBy(() -> networks.connect(instance.id(), EndpointSpec.of("two")))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("already exists in network");
    assertThatThrownBy(() -> networks.remove("two")).hasMessageContaining("active endpoints");

    networks.disconnect(instance.id(), "one", false);
    assertThat(instance.info().connections())
        .extracting(Connection::networkId)
        .containsExactly(two.id());
    networks.remove("one");
    assertThat(address(instance)).isEqualTo(further.ipv4().orElseThrow().address().toString());
  }

  @Test
  void givesAddressesAsAskedAndTakesThemBack() throws Exception {
    Networks networks = engine.networks();
    Subnet subnet = Subnet.parse("10.231.77.0/24");
    networks.create(NetworkSpec.of("one").with(SubnetSpec.of(subnet)).withIpv6(true));
    IpAddress wished = subnet.address().plus(77);
    NetworkMode mode = new NetworkMode.Bridged(List.of(EndpointSpec.of("one").withAddress(wished)));
    Instance first = run(shell("exec sleep 1000").network(mode));
    assertThat(address(first)).isEqualTo(wished.toString());
    assertThat(endpoint(first).ipv6()).isPresent();
    Instance second = engine.create(shell("exec sleep 1000").network(mode).build());
    assertThatThrownBy(second::start).hasMessageContaining("Address already in use: " + wished);
    assertThat(second.info().state().status()).isEqualTo(InstanceStatus.CREATED);
    first.remove(true, false);
    second.start();
    assertThat(address(second)).isEqualTo(wished.toString());
  }

  @Test
  void keepsAnInternalNetworkToItself() throws Exception {
    engine.networks().create(NetworkSpec.of("in").withInternal(true));
    String said =
        output(
            NetworkMode.Bridged.in("in"),
            "ip route; nc -w 1 " + outside.hostAddress() + " 22 </dev/null || echo unreachable");
    assertThat(said).doesNotContain("default").contains("unreachable");
  }

  @Test
  void translatesWhatLeavesTheHost() throws Exception {
    try (Echo _ = Echo.serve(outside.pid(), 99)) {
      assertThat(
              output(
                  new NetworkMode.Unspecified(),
                  "nc -w 60 " + outside.address() + " 99 </dev/null"))
          .isEqualTo(outside.hostAddress());
    }
  }

  @Test
  void publishesPortsToEverybody() throws Exception {
    Instance server = serve(shell("").ports(List.of(PortBinding.anywhere(HTTP))));
    int port = hostPort(server);
    assertThat(server.info().ports())
        .containsExactly(new PublishedPort(HTTP, IpAddress.parse("0.0.0.0"), port));
    // From another machine, whose address the instance sees.
    assertThat(outside.fetch(outside.hostAddress(), port)).contains(hex(outside.address()) + ":");
    // From the host, by its addresses and its loopback.
    assertThat(OtherMachine.fetchHere(outside.hostAddress(), port)).isNotEmpty();
    assertThat(OtherMachine.fetchHere("127.0.0.1", port)).isNotEmpty();
    // From neighbours, by way of the host.
    String gateway = endpoint(server).ipv4().orElseThrow().gateway().orElseThrow().toString();
    for (String address : List.of(gateway, outside.hostAddress())) {
      String ask = ask(address, port, 60);
      assertThat(output(new NetworkMode.Unspecified(), ask)).isNotEqualTo("0\n");
      engine.networks().create(NetworkSpec.of("other"));
      assertThat(output(NetworkMode.Bridged.in("other"), ask)).isNotEqualTo("0\n");
      engine.networks().remove("other");
    }
    server.remove(true, false);
    assertThat(outside.fetchInVain(outside.hostAddress(), port)).isEmpty();
    assertThat(OtherMachine.fetchHere("127.0.0.1", port)).isEmpty();
  }

  @Test
  void keepsPortsOfTheLoopbackFromOutside() throws Exception {
    PortBinding local = new PortBinding(HTTP, Optional.of(IpAddress.parse("127.0.0.1")), 0, 0);
    Instance server = serve(shell("").ports(List.of(local)));
    int port = hostPort(server);
    assertThat(OtherMachine.fetchHere("127.0.0.1", port)).isNotEmpty();
    assertThat(outside.fetchInVain(outside.hostAddress(), port)).isEmpty();
    outside.run("ip", "addr", "del", "127.0.0.1/8", "dev", "lo");
    outside.run("ip", "route", "add", "127.0.0.1", "via", outside.hostAddress());
    assertThat(outside.fetchInVain("127.0.0.1", port)).isEmpty();
  }

  @Test
  void leavesTheHostsFirewallInCharge() throws Exception {
    Instance server = serve(shell("").ports(List.of(PortBinding.anywhere(HTTP))));
    int port = hostPort(server);
    String table = "test-" + port;
    for (String hook : List.of("input", "forward")) {
      String match =
          hook.equals("input") ? "tcp dport " : "meta l4proto tcp ct original proto-dst ";
      OtherMachine.host("nft", "add table inet " + table);
      OtherMachine.host(
          "nft", "add chain inet " + table + " c { type filter hook " + hook + " priority 0; }");
      assertThat(outside.fetch(outside.hostAddress(), port)).as(hook).isNotEmpty();
      assertThat(
              OtherMachine.host("nft", "add rule inet " + table + " c " + match + port + " drop"))
          .isEmpty();
      try {
        assertThat(outside.fetchInVain(outside.hostAddress(), port)).as(hook).isEmpty();
      } finally {
        OtherMachine.host("nft", "delete table inet " + table);
      }
      assertThat(outside.fetch(outside.hostAddress(), port)).as(hook).isNotEmpty();
    }
  }

  @Test
  void refusesAPortThatSomebodyHas() throws Exception {
    int port;
    Instance instance;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
      instance =
          engine.create(
              shell("exec sleep 1000").ports(List.of(PortBinding.of(HTTP, port))).build());
      assertThatThrownBy(instance::start)
          .isInstanceOf(EngineException.class)
          .hasMessageContaining(
              "Bind for 0.0.0.0:"
                  + port
                  + " failed: port is already allocated to process java (pid "
                  + ProcessHandle.current().pid());
      assertThat(instance.info().state().status()).isEqualTo(InstanceStatus.CREATED);
      assertThat(instance.info().connections().getFirst().endpoint()).isEmpty();
    }
    instance.start();
    assertThat(hostPort(instance)).isEqualTo(port);
  }

  @Test
  void findsEverythingAgainAfterAnotherEngine() throws Exception {
    Instance server = serve(shell("").ports(List.of(PortBinding.anywhere(HTTP))));
    int port = hostPort(server);
    Endpoint before = endpoint(server);
    NetworkInfo network = engine.networks().require("bridge");
    engine = test.reopen();
    Instance found = engine.instance(server.id());
    assertThat(endpoint(found)).isEqualTo(before);
    assertThat(hostPort(found)).isEqualTo(port);
    assertThat(outside.fetch(outside.hostAddress(), port)).isNotEmpty();

    // Worse than a killed engine: somebody has taken the bridge and the rules away.
    OtherMachine.host("ip", "link", "del", network.bridge());
    engine = test.reopen();
    assertThat(outside.fetch(outside.hostAddress(), port)).isNotEmpty();
    Instance another = run(shell("exec sleep 1000"));
    assertThat(address(another)).isNotEqualTo(before.ipv4().orElseThrow().address().toString());
  }

  @Test
  void leavesNothingBehind() throws Exception {
    try (TestEngine other = TestEngine.open()) {
      String image = SharedImages.loadAlpine(other.engine().images());
      Instance instance =
          other
              .engine()
              .create(
                  InstanceSpec.builder(image)
                      .command(List.of("sleep", "1000"))
                      .ports(List.of(PortBinding.anywhere(HTTP)))
                      .build());
      instance.start();
      NetworkInfo network = other.engine().networks().require("bridge");
      String port = endpoint(instance).hostInterface();
      assertThat(OtherMachine.host("ip", "link")).contains(network.bridge(), port);
      other.removeAll();
      other.engine().close();
      assertThat(OtherMachine.host("ip", "link"))
          .doesNotContain(network.bridge())
          .doesNotContain(port.substring(0, 6));
      assertThat(OtherMachine.host("nft", "list tables"))
          .doesNotContain("abode-" + port.substring(1, 6));
      other.reopen();
    }
  }

  @Test
  void refusesSubnetsInUse() throws Exception {
    Networks networks = engine.networks();
    NetworkInfo network = networks.create(NetworkSpec.of("one"));
    assertThatThrownBy(
            () -> networks.create(NetworkSpec.of("two").with(network.subnets().getFirst())))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("Pool overlaps")
        .hasMessageContaining("network one");
    assertThatThrownBy(
            () ->
                networks.create(
                    NetworkSpec.of("two")
                        .with(SubnetSpec.of(Subnet.parse(outside.hostAddress() + "/26")))))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining(outside.link());
    assertThatThrownBy(() -> networks.create(NetworkSpec.of("one")))
        .hasMessage("network with name one already exists");
  }
}
