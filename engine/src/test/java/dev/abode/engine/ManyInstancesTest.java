package dev.abode.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.testing.OtherMachine;
import dev.abode.engine.testing.SharedImages;
import dev.abode.engine.testing.TestEngine;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** More running instances in one network than a bridge has ports, or the kernel has neighbours. */
@Tag("slow")
class ManyInstancesTest {
  private static final int COUNT = 1500;
  private static final int WORKERS = 4;

  /** For one address, on a machine that starts others meanwhile. */
  private static final int PATIENCE_MILLIS = 120_000;

  @Test
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void allOfThemAreReached() throws Exception {
    try (TestEngine test = TestEngine.open()) {
      String alpine = SharedImages.loadAlpine(test.engine().images());
      InstanceSpec spec =
          InstanceSpec.builder(alpine)
              .command(List.of("nc", "-lk", "-p", "80", "-e", "hostname"))
              .build();
      List<Instance> all = new ArrayList<>();
      for (int i = 0; i < COUNT; i++) {
        all.add(test.engine().create(spec));
      }
      inParallel(all, Instance::start);
      Set<String> addresses = new HashSet<>();
      all.forEach(instance -> addresses.add(address(instance)));
      assertThat(addresses).hasSize(COUNT);
      inParallel(all, ManyInstancesTest::reach);
      reachAcross(all.getFirst(), all.getLast());

      test.reopen();
      List<Instance> found = test.engine().instances();
      assertThat(found).hasSize(COUNT);
      // Not all again: it is the adoption of either end that may have gone wrong.
      reach(test.engine().instance(all.getFirst().id()));
      reach(test.engine().instance(all.getLast().id()));

      String tag = endpoint(found.getFirst()).hostInterface().substring(1, 6);
      inParallel(found, instance -> instance.remove(true, false));
      test.engine().close();
      assertThat(OtherMachine.host("ip", "-br", "link")).doesNotContain(tag);
      assertThat(OtherMachine.host("nft", "list tables")).doesNotContain("abode-" + tag);
      test.reopen();
    }
  }

  @FunctionalInterface
  private interface Work {
    void run(Instance instance) throws Exception;
  }

  private static void inParallel(List<Instance> instances, Work work) throws Exception {
    try (ExecutorService workers = Executors.newFixedThreadPool(WORKERS)) {
      List<Future<?>> done = new ArrayList<>();
      for (Instance instance : instances) {
        done.add(
            workers.submit(
                () -> {
                  work.run(instance);
                  return null;
                }));
      }
      for (Future<?> one : done) {
        one.get();
      }
    }
  }

  private static Endpoint endpoint(Instance instance) {
    return instance.info().connections().getFirst().endpoint().orElseThrow();
  }

  private static String address(Instance instance) {
    return endpoint(instance).ipv4().orElseThrow().address().toString();
  }

  /** It answers with its name; until it listens, connections are refused. */
  private static void reach(Instance instance) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(address(instance), 80), PATIENCE_MILLIS);
        assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII).strip())
            .isEqualTo(instance.id().substring(0, 12));
        return;
      } catch (IOException e) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError("cannot reach " + address(instance), e);
        }
        // There is nothing to wait for but that the other one has come so far.
        Thread.sleep(10);
      }
    }
  }

  /** From the first bridge to the last one. */
  private static void reachAcross(Instance from, Instance to) throws Exception {
    assertThat(
            OtherMachine.host(
                    "nsenter",
                    "--net=/proc/" + from.info().state().pid() + "/ns/net",
                    "busybox",
                    "nc",
                    "-w",
                    "60",
                    address(to),
                    "80")
                .strip())
        .isEqualTo(to.id().substring(0, 12));
  }
}
