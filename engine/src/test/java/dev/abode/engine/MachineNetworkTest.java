package dev.abode.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.machine.Monitor;
import dev.abode.engine.network.Connection;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.NetworkInfo;
import dev.abode.engine.network.NetworkSpec;
import dev.abode.engine.network.Port;
import dev.abode.engine.network.PortBinding;
import dev.abode.engine.network.PublishedPort;
import dev.abode.engine.network.Subnet;
import dev.abode.engine.network.SubnetSpec;
import dev.abode.engine.testing.MachineCase;
import dev.abode.linux.Links;
import dev.abode.linux.NetworkNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A house and an apartment at one street. */
class MachineNetworkTest extends MachineCase {
  private InstanceSpecBuilder serving(Isolation isolation, String network) {
    return InstanceSpec.builder(alpine)
        .isolation(isolation)
        .network(new NetworkMode.Bridged(List.of(EndpointSpec.of(network))))
        .command(List.of("nc", "-lk", "-p", "7000", "-e", "sed", "s/^/from /", "/etc/hostname"));
  }

  private Instance run(String name, InstanceSpecBuilder spec) throws Exception {
    return run(spec.name(name).hostname(name));
  }

  /** Asks until somebody listens there: the other one may be about to. */
  private static String ask(Instance instance, String host) throws Exception {
    return printed(
        instance, "until nc -w 60 " + host + " 7000 </dev/null 2>/dev/null; do sleep 0.1; done");
  }

  @Test
  void aContainerAndAVirtualMachineReachEachOtherByName() throws Exception {
    NetworkInfo network = engine.networks().create(NetworkSpec.of("street"));
    Instance flat = run("flat", serving(Isolation.CONTAINER, network.id()));
    Instance house =
        run(
            "house",
            serving(Isolation.VM, network.id())
                .ports(List.of(PortBinding.anywhere(Port.parse("7000/tcp")))));

    assertThat(ask(flat, "house")).isEqualTo("from house\n");
    assertThat(ask(house, "flat")).isEqualTo("from flat\n");
    Endpoint endpoint = house.info().connections().getFirst().endpoint().orElseThrow();
    assertThat(printed(house, "cat /sys/class/net/eth0/address"))
        .contains(endpoint.mac().toString());
    assertThat(printed(house, "ip -4 addr show eth0"))
        .contains(endpoint.ipv4().orElseThrow().toString());
    assertThat(printed(house, "cat /etc/hosts"))
        .contains(endpoint.ipv4().orElseThrow().address() + "\thouse");
    assertThat(house.stats().interfaces()).singleElement().matches(i -> i.name().equals("eth0"));
    PublishedPort port = house.info().ports().getFirst();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port.hostPort())) {
      assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
          .isEqualTo("from house\n");
    }

    engine = test.reopen();
    assertThat(ask(engine.instance("house"), "flat")).isEqualTo("from flat\n");
    assertThat(ask(engine.instance("flat"), "house")).isEqualTo("from house\n");
  }

  @Test
  void networksAreChangedWhileAMachineRuns() throws Exception {
    NetworkInfo road = engine.networks().create(NetworkSpec.of("road"));
    NetworkInfo lane =
        engine
            .networks()
            .create(NetworkSpec.of("lane").with(SubnetSpec.of(Subnet.parse("fd00:ab0d:e::/64"))));
    Instance house = run("villa", serving(Isolation.VM, road.id()).limits(SMALL));
    Instance flat = run("tower", serving(Isolation.CONTAINER, lane.id()));

    assertThat(printed(house, "ip -6 addr show eth0")).as("addresses nobody asked for").isEmpty();

    engine.networks().connect("villa", EndpointSpec.of(lane.id()).withAliases("manor"));

    assertThat(ask(house, "tower")).isEqualTo("from tower\n");
    assertThat(ask(flat, "manor")).isEqualTo("from villa\n");
    Endpoint second = endpoint(house, lane);
    assertThat(engine.explain("villa").differences()).isEmpty();
    assertThat(printed(house, "ip addr show eth1"))
        .contains(
            second.ipv4().orElseThrow().toString(),
            second.ipv6().orElseThrow().toString(),
            second.mac().toString());
    assertThat(printed(house, "cat /etc/hosts"))
        .contains(second.ipv4().orElseThrow().address() + "\tvilla");

    // The engine is another one: what was put in while the machine ran is as what it began with.
    engine = test.reopen();
    house = engine.instance("villa");
    flat = engine.instance("tower");
    assertThat(ask(flat, "manor")).isEqualTo("from villa\n");
    // The first network leads to names: without it the second one does.
    engine.networks().disconnect("villa", road.id(), /* force= */ false);
    assertThat(printed(house, "ls /sys/class/net")).isEqualTo("eth1\nlo\n");
    assertThat(ask(house, "tower")).isEqualTo("from tower\n");
    assertThat(printed(house, "ip route"))
        .contains("default via " + second.ipv4().orElseThrow().gateway().orElseThrow());

    house.snapshot(Optional.of("moment"));
    engine.networks().connect("villa", EndpointSpec.of(road.id()));
    assertThat(printed(house, "ls /sys/class/net")).isEqualTo("eth0\neth1\nlo\n");
    Instance running = house;
    assertThatThrownBy(() -> running.restore(Optional.of("moment")))
        .hasMessageContaining("another number of networks (1 then, 2 now)");
    engine.networks().disconnect("villa", road.id(), /* force= */ false);
    house.restore(Optional.of("moment"));
    assertThat(printed(house, "ls /sys/class/net")).isEqualTo("eth1\nlo\n");
    assertThat(engine.explain("villa").differences()).isEmpty();
    assertThat(ask(house, "tower")).isEqualTo("from tower\n");
    assertThat(ask(flat, "manor")).isEqualTo("from villa\n");

    Instance twin = house.cloneFrom(Optional.of("moment"), Optional.of("twin"));
    Endpoint own = endpoint(twin, lane);
    assertThat(own.ipv6()).isNotEqualTo(endpoint(house, lane).ipv6());
    assertThat(printed(twin, "ip -6 addr show eth1 scope global"))
        .contains(own.ipv6().orElseThrow().toString())
        .containsOnlyOnce("inet6");
    assertThat(ask(flat, "twin")).isEqualTo("from " + twin.id().substring(0, 12) + "\n");
    assertThat(ask(flat, "villa")).isEqualTo("from villa\n");

    house.restart(Optional.of(Duration.ZERO), Optional.empty());
    assertThat(house.info().connections())
        .extracting(Connection::networkName)
        .containsExactly("lane");
    assertThat(printed(house, "cat /proc/sys/net/ipv6/conf/eth*/accept_dad"))
        .as("its address is ready at once")
        .isEqualTo("0\n");
    assertThat(ask(house, "tower")).isEqualTo("from tower\n");
  }

  private static Endpoint endpoint(Instance instance, NetworkInfo network) {
    return instance.info().connections().stream()
        .filter(connection -> connection.networkId().equals(network.id()))
        .findFirst()
        .orElseThrow()
        .endpoint()
        .orElseThrow();
  }

  @Test
  void aMachineWithoutANetworkIsGivenOne() throws Exception {
    NetworkInfo square = engine.networks().create(NetworkSpec.of("square"));
    Instance alone =
        run("alone", serving(Isolation.VM, "bridge").network(new NetworkMode.None()).limits(SMALL));
    Instance flat = run("booth", serving(Isolation.CONTAINER, square.id()));
    assertThat(printed(alone, "ls /sys/class/net")).isEqualTo("lo\n");

    engine.networks().connect("alone", EndpointSpec.of(square.id()));

    assertThat(ask(alone, "booth")).isEqualTo("from booth\n");
    assertThat(ask(flat, "alone")).isEqualTo("from alone\n");

    alone.pause();
    assertThatThrownBy(() -> engine.networks().disconnect("alone", square.id(), /* force= */ false))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CONFLICT))
        .hasMessageContaining("unpause alone first");
    alone.unpause();
    engine.networks().disconnect("alone", square.id(), /* force= */ false);
    assertThat(printed(alone, "ls /sys/class/net")).isEqualTo("lo\n");
    assertThat(links(alone.info().state().pid())).isEmpty();
  }

  /** The interfaces of the hypervisor's namespace but for loopback. */
  private static List<Links.Link> links(int pid) throws IOException {
    try (NetworkNamespace namespace = NetworkNamespace.ofProcess(pid);
        Links inside = namespace.call(Links::open)) {
      return inside.list().stream().filter(link -> !link.name().equals("lo")).toList();
    }
  }

  @Test
  void aGuestThatKeepsItsCardLosesItsNetworkAllTheSame() throws Exception {
    NetworkInfo alley = engine.networks().create(NetworkSpec.of("alley"));
    Instance house = run("den", serving(Isolation.VM, alley.id()).limits(SMALL));
    int pid = house.info().state().pid();
    try (Monitor monitor = Monitor.open(pid)) {
      monitor.stop();
    }

    engine.networks().disconnect("den", alley.id(), /* force= */ false);

    // A card needs its tap for as long as it is there. It leads nowhere.
    assertThat(links(pid))
        .singleElement()
        .satisfies(
            tap -> {
              assertThat(tap.name()).isEqualTo("tap.eth0");
              assertThat(tap.up()).isFalse();
              assertThat(tap.master()).isZero();
            });
    assertThat(house.info().connections()).isEmpty();
    assertThatThrownBy(() -> engine.networks().connect("den", EndpointSpec.of(alley.id())))
        .hasMessageContaining("has not given up the card it had as eth0");
    assertThat(links(pid)).extracting(Links.Link::up).containsExactly(false);
    try (Monitor monitor = Monitor.open(pid)) {
      monitor.resume();
    }
    // What the guest was asked for while it stood still it does now.
    assertThat(printed(house, "while [ -e /sys/class/net/eth0 ]; do sleep 0.1; done; echo gone"))
        .isEqualTo("gone\n");

    Instance flat = run("lair", serving(Isolation.CONTAINER, alley.id()));
    engine.networks().connect("den", EndpointSpec.of(alley.id()));
    assertThat(ask(house, "lair")).isEqualTo("from lair\n");
    assertThat(ask(flat, "den")).isEqualTo("from den\n");
  }
}
