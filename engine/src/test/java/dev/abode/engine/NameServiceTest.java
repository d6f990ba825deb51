package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.NetworkSpec;
import dev.abode.engine.testing.SharedImages;
import dev.abode.engine.testing.TestEngine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Names as programs in containers find them; Alpine's C library is musl. */
@TestInstance(Lifecycle.PER_CLASS)
class NameServiceTest {
  private TestEngine test;
  private String alpine;

  @BeforeAll
  void open() throws Exception {
    test = TestEngine.open();
    alpine = SharedImages.loadAlpine(test.engine().images());
    test.engine().networks().create(NetworkSpec.of("shop"));
    test.engine().networks().create(NetworkSpec.of("back").withInternal(true));
  }

  @AfterEach
  void removeAll() throws Exception {
    test.removeAll();
  }

  @AfterAll
  void close() throws Exception {
    test.engine().networks().prune(network -> true);
    test.close();
  }

  private InstanceSpecBuilder shell(String line, NetworkMode network) {
    return InstanceSpec.builder(alpine).command(List.of("sh", "-c", line)).network(network);
  }

  /**
   * The same, asking patiently: musl gives up after five seconds, which a busy machine may take.
   */
  private InstanceSpecBuilder patient(String line, NetworkMode network) {
    return shell(line, network).dnsOptions(List.of("timeout:60", "attempts:10"));
  }

  private Instance start(InstanceSpecBuilder spec) throws Exception {
    Instance instance = test.engine().create(spec.build());
    instance.start();
    return instance;
  }

  /** Somebody to be found. */
  private Instance neighbour(String name, NetworkMode network) throws Exception {
    return start(shell("exec sleep 1000", network).name(name));
  }

  /** What a line of shell says in a container of its own. */
  private String said(String line, NetworkMode network) throws Exception {
    return said(patient(line, network));
  }

  private static String end(Instance instance) throws Exception {
    instance.await(WaitCondition.NOT_RUNNING);
    return TestEngine.log(instance).strip();
  }

  private String said(InstanceSpecBuilder spec) throws Exception {
    return end(start(spec));
  }

  private static NetworkMode in(String network) {
    return NetworkMode.Bridged.in(network);
  }

  private static String address(Instance instance, int connection) {
    return instance
        .info()
        .connections()
        .get(connection)
        .endpoint()
        .orElseThrow()
        .ipv4()
        .orElseThrow()
        .address()
        .toString();
  }

  @Test
  void neighboursAreFoundByNameAliasAndShortId() throws Exception {
    Instance db =
        neighbour(
            "Db",
            new NetworkMode.Bridged(List.of(EndpointSpec.of("shop").withAliases("data", "store"))));
    String address = address(db, 0);
    String id = db.id().substring(0, 12);
    assertThat(
            said(
                    "for name in db DATA store db.shop "
                        + id
                        + "; do getent hosts $name | cut -d' ' -f1; done; ping -c1 -W2 data >&2",
                    in("shop"))
                .lines()
                .filter(address::equals))
        .hasSize(5);
    assertThat(said("nslookup " + address + " 127.0.0.11", in("shop"))).contains("Db.shop");
  }

  @Test
  void anInstanceKnowsItselfAndHasARealNameInItsHostsFile() throws Exception {
    String said =
        said(
            patient("cat /etc/hosts; nslookup me 127.0.0.11; hostname -i", in("shop"))
                .name("me")
                .hostname("myself"));
    String address = said.lines().toList().getLast().strip();
    assertThat(said).contains(address + "\tmyself").contains("Name:      me");
  }

  @Test
  void whoIsInAnotherNetworkIsNotFound() throws Exception {
    neighbour("hidden", in("back"));
    assertThat(said("getent hosts hidden || echo unknown", in("shop"))).isEqualTo("unknown");
  }

  @Test
  void namesFollowWhoComesAndGoes() throws Exception {
    Instance asking =
        start(
            patient(
                "until getent hosts late >&2; do usleep 50000; done; echo found;"
                    + "while getent hosts late >&2; do usleep 50000; done; echo gone",
                in("shop")));
    Instance late = neighbour("late", in("shop"));
    Instance further = neighbour("further", in("back"));
    test.engine().networks().connect(further.id(), EndpointSpec.of("shop").withAliases("late"));
    TestEngine.awaitLine(asking, "found");
    late.remove(true, true);
    test.engine().networks().disconnect(further.id(), "shop", false);
    assertThat(end(asking)).endsWith("gone");
  }

  @Test
  void theDefaultNetworkHasNamesTooAndKeepsTheHostsOptions() throws Exception {
    neighbour("plain", new NetworkMode.Unspecified());
    String said = said("cat /etc/resolv.conf; getent hosts plain", new NetworkMode.Unspecified());
    assertThat(said).contains("nameserver 127.0.0.11", "plain");
    assertThat(said.contains("ndots:0"))
        .isEqualTo(Files.readString(Path.of("/etc/resolv.conf")).contains("ndots:0"));
  }

  @Test
  void whatIsAskedForNameServiceIsInTheFile() throws Exception {
    assertThat(
            said(
                shell("cat /etc/resolv.conf", in("shop"))
                    .dns(List.of("192.0.2.53"))
                    .dnsSearch(List.of("corp.example"))
                    .dnsOptions(List.of("timeout:1"))))
        .isEqualTo("nameserver 127.0.0.11\nsearch corp.example\noptions timeout:1 ndots:0");
    assertThat(
            said(
                shell("cat /etc/resolv.conf", new NetworkMode.None())
                    .dns(List.of("192.0.2.53"))
                    .dnsSearch(List.of("."))))
        .contains("nameserver 192.0.2.53")
        .doesNotContain("search");
    assertThatThrownBy(
            () -> test.engine().create(shell("true", in("shop")).dns(List.of("my.dns")).build()))
        .hasMessageContaining("my.dns");
  }

  @Test
  void theHostIsReachedByANameOfItsOwn() throws Exception {
    assertThat(
            said(
                shell("ping -c1 -W2 gate >&2; ip route | grep default; cat /etc/hosts", in("shop"))
                    .extraHosts(List.of("gate:host-gateway"))))
        .containsPattern("default via (\\S+) .*[\\s\\S]*\\1\tgate");
  }

  @Test
  void whoBorrowsANetworkBorrowsItsNames() throws Exception {
    Instance lender = start(patient("exec sleep 1000", in("shop")).name("lender"));
    neighbour("other", in("shop"));
    assertThat(
            said(
                shell(
                    "cat /etc/resolv.conf /etc/hosts; getent hosts other",
                    new NetworkMode.Instance("lender"))))
        .contains("nameserver 127.0.0.11", address(lender, 0), "other");
  }

  @Test
  void aHundredLookUpsAtOnceAreAnswered() throws Exception {
    Instance db = neighbour("db", in("shop"));
    assertThat(
            said("for i in $(seq 100); do getent hosts db & done; wait", in("shop"))
                .lines()
                .filter(line -> line.startsWith(address(db, 0))))
        .hasSize(100);
  }

  @Test
  void theNextEngineAnswersForWhoWentOnRunning() throws Exception {
    neighbour("db", in("shop"));
    Instance asking =
        start(patient("until [ -e /go ]; do usleep 20000; done; getent hosts db", in("shop")));
    test.reopen();
    Instance adopted = test.engine().instance(asking.id());
    adopted.exec(ExecSpec.of("touch", "/go")).startDetached();
    assertThat(end(adopted)).startsWith(address(test.engine().instance("db"), 0));
  }
}
