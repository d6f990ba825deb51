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
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.NetworkInfo;
import dev.abode.engine.network.NetworkSpec;
import dev.abode.engine.network.Port;
import dev.abode.engine.network.PortBinding;
import dev.abode.engine.network.PublishedPort;
import dev.abode.engine.testing.MachineCase;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
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

    assertThatThrownBy(
            () -> engine.networks().disconnect("house", network.id(), /* force= */ false))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNSUPPORTED))
        .hasMessageContaining("stop house");

    engine = test.reopen();
    assertThat(ask(engine.instance("house"), "flat")).isEqualTo("from flat\n");
    assertThat(ask(engine.instance("flat"), "house")).isEqualTo("from house\n");
  }

  @Test
  void withoutANetworkThereIsOnlyLoopback() throws Exception {
    Instance alone = run("alone", serving(Isolation.VM, "bridge").network(new NetworkMode.None()));
    assertThat(printed(alone, "ls /sys/class/net")).isEqualTo("lo\n");
  }
}
