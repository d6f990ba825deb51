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
import java.util.Optional;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Pulls from registries of which a test says what they do. */
abstract class HostileRegistryCase {

  static final Credentials SECRET = new Credentials("user", "hunter2", "");
  RegistryClient client = client(Duration.ofMinutes(2));
  FolderStore source;
  FolderStore store;
  Path outside;

  static RegistryClient client(Duration patience) {
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

  Registries.RemoteImage resolve(FakeRegistry registry) throws IOException {
    return client.resolve(
        Reference.parse(registry.host() + "/evil"),
        Optional.of(Platform.parse("linux/amd64")),
        SECRET,
        store);
  }

  void pull(FakeRegistry registry) throws IOException {
    client.fetch(resolve(registry), SECRET, store, Progress.NONE, layer -> {});
  }

  static AbstractThrowableAssert<?, ?> assertRefused(
      Kind kind, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ImageException.class, e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind))
        .hasMessageNotContaining("hunter2");
  }

  static boolean isManifest(HttpExchange exchange) {
    return exchange.getRequestURI().getPath().contains("/manifests/");
  }

  static boolean isBlob(HttpExchange exchange, Descriptor blob) {
    return exchange.getRequestURI().getPath().endsWith("/blobs/" + blob.digest());
  }

  /** An honest registry but for what the test does first. */
  FakeRegistry serving(SampleImage image, FakeRegistry.Behaviour before) throws IOException {
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

  static void endless(HttpExchange exchange) throws IOException {
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
}
