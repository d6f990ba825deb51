package dev.abode.image.registry;

import static dev.abode.image.registry.FakeRegistry.send;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.image.Descriptor;
import dev.abode.image.ImageException.Kind;
import dev.abode.image.Progress;
import dev.abode.image.Registries;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a registry may send of blobs, and where it may send to, and must not achieve. */
class HostileRegistryTest extends HostileRegistryCase {

  @Test
  void aBlobWithAnotherDigestIsRefusedAndNotKept() throws Exception {
    SampleImage image = SampleImage.in(source, 50_000);
    Descriptor layer = image.layers().getFirst();
    try (FakeRegistry registry =
        serving(
            image,
            exchange -> {
              if (isBlob(exchange, layer)) {
                send(exchange, 200, "", new byte[50_000]);
              }
            })) {
      assertRefused(Kind.INVALID_ARGUMENT, () -> pull(registry));
      assertThat(store.size(layer.digest())).isEmpty();
      assertThat(store.partial(layer.digest())).doesNotExist();
    }
  }

  @Test
  void aBadPieceLeftFromBeforeDoesNotStandInTheWay() throws Exception {
    SampleImage image = SampleImage.in(source, 50_000);
    Descriptor layer = image.layers().getFirst();
    Files.write(store.partial(layer.digest()), new byte[20_000]);
    byte[] content = Files.readAllBytes(source.path(layer.digest()));
    try (FakeRegistry registry =
        serving(
            image,
            exchange -> {
              String range = exchange.getRequestHeaders().getFirst("Range");
              if (range != null) {
                exchange.getResponseHeaders().set("Content-Range", "bytes 20000-49999/50000");
                send(exchange, 206, "", Arrays.copyOfRange(content, 20_000, 50_000));
              }
            })) {
      pull(registry);
      assertThat(store.path(layer.digest())).hasBinaryContent(content);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 49_999, 50_001})
  void aBlobOfAnotherSizeIsRefused(int size) throws Exception {
    SampleImage image = SampleImage.in(source, 50_000);
    try (FakeRegistry registry =
        serving(
            image,
            exchange -> {
              if (isBlob(exchange, image.layers().getFirst())) {
                send(exchange, 200, "", new byte[size]);
              }
            })) {
      assertRefused(Kind.INVALID_ARGUMENT, () -> pull(registry))
          .hasMessageContaining("has 50000 bytes by its manifest");
    }
  }

  @Test
  void anEndlessBlobIsLeft() throws Exception {
    SampleImage image = SampleImage.in(source, 50_000);
    try (FakeRegistry registry =
        serving(
            image,
            exchange -> {
              if (isBlob(exchange, image.layers().getFirst())) {
                endless(exchange);
              }
            })) {
      assertRefused(Kind.INVALID_ARGUMENT, () -> pull(registry)).hasMessageContaining("sends more");
      assertThat(Files.size(store.partial(image.layers().getFirst().digest()))).isZero();
    }
  }

  @Test
  @Tag("slow")
  void aSilentRegistryIsLeft() throws Exception {
    client.close();
    client = client(Duration.ofSeconds(5));
    SampleImage image = SampleImage.in(source, 50_000);
    CountDownLatch done = new CountDownLatch(1);
    try (FakeRegistry registry =
        serving(
            image,
            exchange -> {
              if (isBlob(exchange, image.layers().getFirst())) {
                exchange.sendResponseHeaders(200, 50_000);
                exchange.getResponseBody().write(new byte[10]);
                exchange.getResponseBody().flush();
                await(done);
              }
            })) {
      assertRefused(Kind.UNAVAILABLE, () -> pull(registry))
          .hasMessageContaining("nothing came")
          .hasMessageContaining("pull again");
    } finally {
      done.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void redirectsInACircleEnd() throws Exception {
    try (FakeRegistry registry =
        new FakeRegistry(
            exchange -> {
              if (isManifest(exchange)) {
                exchange.getResponseHeaders().set("Location", exchange.getRequestURI().toString());
                exchange.sendResponseHeaders(307, -1);
              }
            })) {
      assertRefused(Kind.INVALID_ARGUMENT, () -> resolve(registry))
          .hasMessageContaining("redirected more than");
      assertThat(registry.requests().size()).isLessThan(20);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:///etc/passwd", "gopher://127.0.0.1/", "", "http://[broken"})
  void redirectsToWhereNoRegistryIsAreRefused(String location) throws Exception {
    try (FakeRegistry registry =
        new FakeRegistry(
            exchange -> {
              if (isManifest(exchange)) {
                exchange.getResponseHeaders().set("Location", location);
                exchange.sendResponseHeaders(307, -1);
              }
            })) {
      assertRefused(Kind.INVALID_ARGUMENT, () -> resolve(registry));
    }
  }

  @Test
  void credentialsDoNotFollowARedirectToAnotherHost() throws Exception {
    SampleImage image = SampleImage.in(source, 50_000);
    byte[] content = Files.readAllBytes(source.path(image.layers().getFirst().digest()));
    try (FakeRegistry storage = new FakeRegistry(exchange -> send(exchange, 200, "", content));
        FakeRegistry registry =
            serving(
                image,
                exchange -> {
                  if (exchange.getRequestHeaders().getFirst("Authorization") == null) {
                    exchange
                        .getResponseHeaders()
                        .set("WWW-Authenticate", "Basic realm=\"registry\"");
                    exchange.sendResponseHeaders(401, -1);
                  } else if (isBlob(exchange, image.layers().getFirst())) {
                    exchange
                        .getResponseHeaders()
                        .set("Location", "http://" + storage.host() + "/somewhere?signed=1");
                    exchange.sendResponseHeaders(307, -1);
                  }
                })) {
      pull(registry);

      assertThat(store.size(image.layers().getFirst().digest())).contains(50_000L);
      assertThat(registry.requests())
          .anySatisfy(request -> assertThat(request.authorization()).startsWith("Basic "));
      assertThat(storage.requests())
          .isNotEmpty()
          .allSatisfy(request -> assertThat(request.authorization()).isEmpty());
    }
  }

  @Test
  void anotherHostThatAsksForCredentialsGetsNone() throws Exception {
    SampleImage image = SampleImage.in(source, 50_000);
    try (FakeRegistry thief =
            new FakeRegistry(
                exchange -> {
                  exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"mine\"");
                  exchange.sendResponseHeaders(401, -1);
                });
        FakeRegistry registry =
            serving(
                image,
                exchange -> {
                  if (isBlob(exchange, image.layers().getFirst())) {
                    exchange.getResponseHeaders().set("Location", "http://" + thief.host() + "/");
                    exchange.sendResponseHeaders(302, -1);
                  }
                })) {
      assertRefused(Kind.UNAUTHORIZED, () -> pull(registry));
      assertThat(thief.requests())
          .isNotEmpty()
          .allSatisfy(request -> assertThat(request.authorization()).isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Bearer",
        "Bearer realm=",
        "Bearer realm=\"",
        "Bearer realm=\"not a url\"",
        "Bearer realm=\"file:///etc/shadow\"",
        "Bearer realm=\"http:///nohost\"",
        "Negotiate",
        "=,=,\"\",,,",
        "Bearer realm=\"\\\"\\\\",
      })
  void challengesThatMakeNoSenseAreARefusal(String challenge) throws Exception {
    try (FakeRegistry registry =
        new FakeRegistry(
            exchange -> {
              exchange.getResponseHeaders().set("WWW-Authenticate", challenge);
              exchange.sendResponseHeaders(401, -1);
            })) {
      assertRefused(Kind.UNAUTHORIZED, () -> resolve(registry));
    }
  }

  @Test
  void aTokenThatWouldContinueTheHeaderIsRefused() throws Exception {
    FakeRegistry[] self = new FakeRegistry[1];
    try (FakeRegistry registry =
        new FakeRegistry(
            exchange -> {
              if (exchange.getRequestURI().getPath().equals("/token")) {
                send(exchange, 200, "application/json", "{\"token\":\"a\\r\\nX-Evil: 1\"}");
              } else {
                exchange
                    .getResponseHeaders()
                    .set(
                        "WWW-Authenticate", "Bearer realm=\"http://" + self[0].host() + "/token\"");
                exchange.sendResponseHeaders(401, -1);
              }
            })) {
      self[0] = registry;
      assertRefused(Kind.UNAUTHORIZED, () -> resolve(registry));
    }
  }

  @Test
  void threeLayersAtATime() throws Exception {
    SampleImage image = SampleImage.in(source, 11, 12, 13, 14, 15, 16);
    CyclicBarrier three = new CyclicBarrier(3);
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    RecordedProgress progress = new RecordedProgress();
    try (FakeRegistry registry =
        serving(
            image,
            exchange -> {
              if (image.layers().stream().anyMatch(layer -> isBlob(exchange, layer))) {
                most.accumulateAndGet(now.incrementAndGet(), Math::max);
                meet(three);
                now.decrementAndGet();
              }
            })) {
      client.fetch(resolve(registry), SECRET, store, progress, layer -> {});

      assertThat(most).hasValue(3);
      assertThat(progress.reports())
          .extracting(RecordedProgress.Report::status)
          .contains("Waiting");
    }
  }

  /** Ends only when three are there at the same time. */
  private static void meet(CyclicBarrier barrier) throws IOException {
    try {
      barrier.await(2, TimeUnit.MINUTES);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new IOException(e);
    }
  }

  @Test
  void anInterruptedPullEndsAndKeepsWhatHasCome() throws Exception {
    SampleImage image = SampleImage.in(source, 500_000, 400_000);
    CountDownLatch done = new CountDownLatch(1);
    Thread puller = Thread.currentThread();
    try (FakeRegistry registry =
        serving(
            image,
            exchange -> {
              for (Descriptor layer : image.layers()) {
                if (isBlob(exchange, layer) && done.getCount() > 0) {
                  exchange.sendResponseHeaders(200, layer.sizeBytes());
                  exchange
                      .getResponseBody()
                      .write(Files.readAllBytes(source.path(layer.digest())), 0, 200_000);
                  exchange.getResponseBody().flush();
                  await(done);
                }
              }
            })) {
      Registries.RemoteImage remote = resolve(registry);
      Progress interrupting =
          (subject, status, currentBytes, totalBytes) -> {
            if (currentBytes > 0) {
              puller.interrupt();
            }
          };
      assertRefused(
              Kind.UNAVAILABLE,
              () -> client.fetch(remote, SECRET, store, interrupting, layer -> {}))
          .hasMessageContaining("cancelled");
      assertThat(Thread.interrupted()).isTrue();
      done.countDown();

      client.fetch(remote, SECRET, store, Progress.NONE, layer -> {});
      for (Descriptor layer : image.layers()) {
        assertThat(Files.mismatch(store.path(layer.digest()), source.path(layer.digest())))
            .isEqualTo(-1);
      }
      assertThat(registry.requests())
          .anySatisfy(request -> assertThat(request.range()).startsWith("bytes="));
    } finally {
      done.countDown();
    }
  }

  @Test
  void tooManyRequestsAreTriedAgainLater() throws Exception {
    SampleImage image = SampleImage.in(source, 100);
    AtomicInteger refusals = new AtomicInteger(1);
    try (FakeRegistry registry =
        serving(
            image,
            exchange -> {
              if (isBlob(exchange, image.layers().getFirst()) && refusals.getAndDecrement() > 0) {
                exchange.getResponseHeaders().set("Retry-After", "0");
                send(
                    exchange,
                    429,
                    "application/json",
                    "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"slow down\"}]}");
              }
            })) {
      pull(registry);
      assertThat(store.size(image.layers().getFirst().digest())).contains(100L);

      refusals.set(100);
      store.delete(image.layers().getFirst().digest());
      assertRefused(Kind.UNAVAILABLE, () -> pull(registry)).hasMessageContaining("slow down");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 416})
  void aRegistryThatCannotContinueStartsAgain(int status) throws Exception {
    SampleImage image = SampleImage.in(source, 50_000);
    Descriptor layer = image.layers().getFirst();
    byte[] content = Files.readAllBytes(source.path(layer.digest()));
    Files.write(store.partial(layer.digest()), Arrays.copyOf(content, 20_000));
    try (FakeRegistry registry =
        serving(
            image,
            exchange -> {
              boolean ranged = exchange.getRequestHeaders().containsKey("Range");
              if (ranged && status == 416) {
                exchange.sendResponseHeaders(416, -1);
              }
            })) {
      pull(registry);
      assertThat(store.path(layer.digest())).hasBinaryContent(content);
      assertThat(registry.requests())
          .anySatisfy(request -> assertThat(request.range()).isEqualTo("bytes=20000-"));
    }
  }

  @Test
  void aRangeThatWasNotAskedForIsNotGluedOn() throws Exception {
    SampleImage image = SampleImage.in(source, 50_000);
    Descriptor layer = image.layers().getFirst();
    byte[] content = Files.readAllBytes(source.path(layer.digest()));
    Files.write(store.partial(layer.digest()), Arrays.copyOf(content, 20_000));
    try (FakeRegistry registry =
        serving(
            image,
            exchange -> {
              if (exchange.getRequestHeaders().containsKey("Range")) {
                exchange.getResponseHeaders().set("Content-Range", "bytes 0-29999/50000");
                send(exchange, 206, "", Arrays.copyOf(content, 30_000));
              }
            })) {
      pull(registry);
      assertThat(store.path(layer.digest())).hasBinaryContent(content);
    }
  }
}
