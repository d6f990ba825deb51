package dev.abode.image.registry;

import static dev.abode.image.registry.FakeRegistry.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import dev.abode.image.Credentials;
import dev.abode.image.Descriptor;
import dev.abode.image.ImageException;
import dev.abode.image.ImageException.Kind;
import dev.abode.image.Platform;
import dev.abode.image.Progress;
import dev.abode.image.Reference;
import dev.abode.image.Registries;
import dev.abode.image.RegistryOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a registry may send and must not achieve. */
class HostileRegistryTest {
  private static final Credentials SECRET = new Credentials("user", "hunter2", "");
  private static final String DIGEST =
      "sha256:0000000000000000000000000000000000000000000000000000000000000000";

  private RegistryClient client = client(Duration.ofMinutes(2));
  private FolderStore source;
  private FolderStore store;
  private Path outside;

  private static RegistryClient client(Duration patience) {
    return new RegistryClient(
        RegistryOptions.DEFAULT,
        new RetryPolicy(2, Duration.ofMillis(1), Duration.ofMillis(1)),
        patience,
        InstantSource.system());
  }

  @BeforeEach
  void makeStores(@TempDir Path folder) throws IOException {
    outside = folder;
    source = new FolderStore(Files.createDirectory(folder.resolve("source")));
    store = new FolderStore(Files.createDirectory(folder.resolve("store")));
  }

  @AfterEach
  void closeClient() {
    client.close();
  }

  private Registries.RemoteImage resolve(FakeRegistry registry) throws IOException {
    return client.resolve(
        Reference.parse(registry.host() + "/evil"),
        Optional.of(Platform.parse("linux/amd64")),
        SECRET,
        store);
  }

  private void pull(FakeRegistry registry) throws IOException {
    client.fetch(resolve(registry), SECRET, store, Progress.NONE, layer -> {});
  }

  private static AbstractThrowableAssert<?, ?> assertRefused(
      Kind kind, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ImageException.class, e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind))
        .hasMessageNotContaining("hunter2");
  }

  private static boolean isManifest(HttpExchange exchange) {
    return exchange.getRequestURI().getPath().contains("/manifests/");
  }

  private static boolean isBlob(HttpExchange exchange, Descriptor blob) {
    return exchange.getRequestURI().getPath().endsWith("/blobs/" + blob.digest());
  }

  /** An honest registry but for what the test does first. */
  private FakeRegistry serving(SampleImage image, FakeRegistry.Behaviour before)
      throws IOException {
    return new FakeRegistry(
        exchange -> {
          before.answer(exchange);
          if (exchange.getResponseCode() >= 0) {
            return;
          }
          if (isManifest(exchange)) {
            send(
                exchange,
                200,
                MediaTypes.OCI_MANIFEST,
                Files.readAllBytes(source.path(image.manifest().digest())));
          } else if (isBlob(exchange, image.config())) {
            send(exchange, 200, "", Files.readAllBytes(source.path(image.config().digest())));
          }
          for (Descriptor layer : image.layers()) {
            if (isBlob(exchange, layer)) {
              send(exchange, 200, "", Files.readAllBytes(source.path(layer.digest())));
            }
          }
        });
  }

  private FakeRegistry servingManifest(String type, String text) throws IOException {
    return new FakeRegistry(
        exchange -> {
          if (isManifest(exchange)) {
            send(exchange, 200, type, text);
          }
        });
  }

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
  void anEndlessManifestIsLeft() throws Exception {
    try (FakeRegistry registry =
        new FakeRegistry(
            exchange -> {
              if (isManifest(exchange) && exchange.getRequestMethod().equals("GET")) {
                endless(exchange);
              }
              if (isManifest(exchange)) {
                send(exchange, 200, MediaTypes.OCI_MANIFEST, new byte[0]);
              }
            })) {
      assertRefused(Kind.EXHAUSTED, () -> resolve(registry)).hasMessageContaining("4194304");
    }
  }

  private static void endless(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      while (true) {
        out.write(new byte[64 * 1024]);
      }
    } catch (IOException e) {
      // The client left, as it should.
      return;
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

  @Test
  void aManifestWithAnotherDigestThanPromisedIsRefused() throws Exception {
    SampleImage image = SampleImage.in(source, 10);
    try (FakeRegistry registry =
        serving(
            image,
            exchange -> {
              if (isManifest(exchange)) {
                exchange.getResponseHeaders().set("Docker-Content-Digest", DIGEST);
              }
            })) {
      assertRefused(Kind.INVALID_ARGUMENT, () -> resolve(registry)).hasMessageContaining(DIGEST);
    }
    try (FakeRegistry registry = serving(image, exchange -> {})) {
      Reference pinned = Reference.parse(registry.host() + "/evil@" + DIGEST);
      assertRefused(
              Kind.INVALID_ARGUMENT, () -> client.resolve(pinned, Optional.empty(), SECRET, store))
          .hasMessageContaining(DIGEST);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../x", "sha256:../../../x", "sha256:", "", "md5:aa", "/etc/passwd"})
  void digestsThatAreNoneAreRefused(String digest) throws Exception {
    String manifest =
        """
        {"schemaVersion":2,"config":{"mediaType":"%s","digest":"%s","size":2},
         "layers":[{"mediaType":"%s","digest":"%s","size":3}]}
        """
            .formatted(SampleImage.CONFIG, DIGEST, SampleImage.LAYER, digest);
    try (FakeRegistry registry = servingManifest(MediaTypes.OCI_MANIFEST, manifest)) {
      assertRefused(Kind.INVALID_ARGUMENT, () -> resolve(registry))
          .hasMessageContaining("is not a digest");
      try (var left = Files.walk(outside)) {
        assertThat(left.filter(Files::isRegularFile)).isEmpty();
      }
    }
  }

  @Test
  void aDocumentThatIsBothKindsIsRefused() throws Exception {
    String both =
        """
        {"schemaVersion":2,"mediaType":"%s",
         "config":{"mediaType":"%s","digest":"%s","size":2},"layers":[],
         "manifests":[{"mediaType":"%s","digest":"%s","size":9}]}
        """
            .formatted(
                MediaTypes.OCI_MANIFEST,
                SampleImage.CONFIG,
                DIGEST,
                MediaTypes.OCI_MANIFEST,
                DIGEST);
    for (String type : List.of(MediaTypes.OCI_MANIFEST, MediaTypes.OCI_INDEX, "text/plain")) {
      try (FakeRegistry registry = servingManifest(type, both)) {
        assertRefused(Kind.INVALID_ARGUMENT, () -> resolve(registry))
            .hasMessageContaining("can be read as a manifest and as an index");
      }
    }
    String plain = Files.readString(source.path(SampleImage.in(source, 3).manifest().digest()));
    try (FakeRegistry registry = servingManifest(MediaTypes.OCI_INDEX, plain)) {
      assertRefused(Kind.INVALID_ARGUMENT, () -> resolve(registry));
    }
  }

  @Test
  void schemaOneIsRefusedWithASentence() throws Exception {
    String text = "{\"schemaVersion\":1,\"name\":\"old\",\"fsLayers\":[{\"blobSum\":\"x\"}]}";
    try (FakeRegistry registry =
        servingManifest("application/vnd.docker.distribution.manifest.v1+prettyjws", text)) {
      assertRefused(Kind.UNSUPPORTED, () -> resolve(registry)).hasMessageContaining("schema 1");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "[]", "7", "{", "<html>", "{\"layers\":[null]}", "{}"})
  void whatIsNoManifestIsRefused(String text) throws Exception {
    try (FakeRegistry registry = servingManifest(MediaTypes.OCI_MANIFEST, text)) {
      assertRefused(Kind.INVALID_ARGUMENT, () -> resolve(registry));
    }
  }

  @Test
  void nullsInAnnotationsAreOverlooked() throws Exception {
    SampleImage image = SampleImage.in(source, 10);
    String manifest =
        Files.readString(source.path(image.manifest().digest()))
            .replace("\"layers\"", "\"annotations\":{\"a\":null},\"subject\":null,\"layers\"")
            .replace("\"size\":10", "\"size\":10,\"annotations\":{\"b\":null},\"urls\":null");
    try (FakeRegistry registry = servingManifest(MediaTypes.OCI_MANIFEST, manifest)) {
      Reference name = Reference.parse(registry.host() + "/odd");
      assertThat(client.resolve(name, Optional.empty(), SECRET, store).layers()).hasSize(1);
    }
  }

  @Test
  void deepNestingIsRefusedBeforeItIsParsed() throws Exception {
    try (FakeRegistry registry = servingManifest(MediaTypes.OCI_MANIFEST, "[".repeat(1_000_000))) {
      assertRefused(Kind.EXHAUSTED, () -> resolve(registry)).hasMessageContaining("nests deeper");
    }
  }

  @Test
  void foreignLayersAreNotFetched() throws Exception {
    String manifest =
        """
        {"schemaVersion":2,"config":{"mediaType":"%s","digest":"%s","size":2},
         "layers":[{"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
          "digest":"%s","size":3,"urls":["https://example.com/layer"]}]}
        """
            .formatted(SampleImage.CONFIG, DIGEST, DIGEST);
    try (FakeRegistry registry = servingManifest(MediaTypes.OCI_MANIFEST, manifest)) {
      assertRefused(Kind.UNSUPPORTED, () -> resolve(registry)).hasMessageContaining("is foreign");
    }
  }

  @Test
  void whatARegistrySaysDoesNotReachTheTerminalRaw() throws Exception {
    try (FakeRegistry registry =
        new FakeRegistry(
            exchange ->
                send(
                    exchange,
                    404,
                    "application/json",
                    "{\"errors\":[{\"code\":\"X\",\"message\":\"\\u001b[2Jgone\\nfake line\"}]}"))) {
      assertRefused(Kind.NOT_FOUND, () -> resolve(registry))
          .hasMessageNotContaining("\u001b")
          .hasMessageNotContaining("\n");
    }
  }
}
