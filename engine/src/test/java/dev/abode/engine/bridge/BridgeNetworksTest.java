package dev.abode.engine.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.network.NetworkInfo;
import dev.abode.engine.network.NetworkSpec;
import dev.abode.engine.network.Subnet;
import dev.abode.engine.network.SubnetSpec;
import dev.abode.engine.record.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The networks of several engines on one host. */
class BridgeNetworksTest {
  private static final String INSTANCE = "0123456789abcdef".repeat(4);
  private static final int ENGINES = 4;

  @TempDir Path folder;
  private final List<BridgeNetworks> engines = new ArrayList<>();

  @BeforeEach
  void open() throws IOException {
    for (int i = 0; i < ENGINES; i++) {
      Path run = Files.createDirectories(folder.resolve("run" + i));
      engines.add(
          BridgeNetworks.open(
              new Folders(folder.resolve("root" + i), run), id -> id, new ArrayList<>()));
    }
  }

  @AfterEach
  void close() throws IOException {
    for (BridgeNetworks engine : engines) {
      engine.release(INSTANCE);
      engine.close();
    }
  }

  private void use(int engine, NetworkInfo network) throws IOException {
    engines
        .get(engine)
        .lease(
            INSTANCE,
            List.of(EndpointSpec.of(network.id())),
            List.of(),
            List.of(),
            folder.resolve("run" + engine + ".json"));
  }

  private NetworkInfo byDefault(int engine) {
    try {
      return engines.get(engine).find("bridge").orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Subnet subnet(NetworkInfo network) {
    return network.subnets().getFirst().subnet();
  }

  @Test
  void enginesThatStartAtTheSameMomentUseDifferentSubnets() throws Exception {
    // Nothing shows the others what one has in mind, so that they all mean the same one.
    for (int i = 0; i < ENGINES; i++) {
      byDefault(i);
    }

    CyclicBarrier together = new CyclicBarrier(ENGINES);
    List<Callable<Subnet>> starts = new ArrayList<>();
    for (int i = 0; i < ENGINES; i++) {
      int engine = i;
      starts.add(
          () -> {
            together.await();
            use(engine, byDefault(engine));
            return subnet(byDefault(engine));
          });
    }
    List<Subnet> used = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(ENGINES)) {
      for (Future<Subnet> start : threads.invokeAll(starts)) {
        used.add(start.get());
      }
    }
    assertThat(used).doesNotHaveDuplicates();
    for (int i = 0; i < ENGINES; i++) {
      assertThat(engines.get(i).run(INSTANCE).endpoints().getFirst().ipv4().orElseThrow().address())
          .matches(used.get(i)::contains);
    }
  }

  @Test
  void aSubnetThatTheUserGaveIsRefusedOnceSomebodyElseUsesIt() throws Exception {
    int third = ThreadLocalRandom.current().nextInt(256);
    Subnet asked = Subnet.parse("10.199." + third + ".0/24");
    NetworkSpec spec = NetworkSpec.of("shop").with(SubnetSpec.of(asked));
    NetworkInfo first = engines.get(0).create(spec);
    NetworkInfo second = engines.get(1).create(spec);
    use(0, first);
    assertThatThrownBy(() -> use(1, second))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CONFLICT))
        .hasMessageContaining("network shop cannot be used: its subnet " + asked)
        .hasMessageContaining(first.bridge());
    // What another engine has is known from the start on.
    assertThatThrownBy(() -> engines.get(2).create(spec)).hasMessageContaining(first.bridge());
  }
}
