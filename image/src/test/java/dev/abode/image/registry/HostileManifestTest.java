package dev.abode.image.registry;

import static dev.abode.image.registry.FakeRegistry.send;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.image.ImageException.Kind;
import dev.abode.image.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a registry may call a manifest, and must not achieve. */
class HostileManifestTest extends HostileRegistryCase {

  private static final String DIGEST =
      "sha256:0000000000000000000000000000000000000000000000000000000000000000";

  private FakeRegistry servingManifest(String type, String text) throws IOException {
    return new FakeRegistry(
        exchange -> {
          if (isManifest(exchange)) {
            send(exchange, 200, type, text);
          }
        });
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
                    "{\"errors\":[{\"code\":\"X\",\"message\":\"\\u001b[2Jgone\\n"
                        + "fake line\"}]}"))) {
      assertRefused(Kind.NOT_FOUND, () -> resolve(registry))
          .hasMessageNotContaining("\u001b")
          .hasMessageNotContaining("\n");
    }
  }
}
