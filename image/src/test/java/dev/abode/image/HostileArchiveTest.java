package dev.abode.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.linux.FileTree;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archives whose documents lie. Nothing of them is kept, and nothing outside the store is met. */
final class HostileArchiveTest {
  private static final byte[] LAYER = new TarBuilder().file("f", "content").bytes();
  private static final Digest LAYER_DIGEST = BlobFolder.digestOf(LAYER);

  @TempDir Path folder;
  private Images images;

  @BeforeEach
  void open() throws IOException {
    Files.writeString(folder.resolve("victim"), "untouched");
    images = Images.open(folder.resolve("images"), new NoRegistries());
  }

  @AfterEach
  void nothingIsKept() throws IOException {
    assertThat(images.list()).isEmpty();
    images.close();
    assertThat(folder.resolve("images/blobs/sha256")).isEmptyDirectory();
    assertThat(folder.resolve("images/layers")).isEmptyDirectory();
    assertThat(folder.resolve("images/uploads")).isEmptyDirectory();
    assertThat(folder.resolve("victim")).hasContent("untouched");
    FileTree.delete(folder.resolve("images"));
  }

  private static byte[] config(String diffId) {
    return TarBuilder.json(
        "{'architecture':'amd64','os':'linux','rootfs':{'type':'layers','diff_ids':['"
            + diffId
            + "']}}");
  }

  private static String descriptor(Digest digest, long size) {
    return "{'mediaType':'x','digest':'" + digest + "','size':" + size + "}";
  }

  private static TarBuilder blob(TarBuilder archive, byte[] content) {
    return archive.file("blobs/sha256/" + BlobFolder.digestOf(content).hex(), content);
  }

  /** An OCI archive whose index points to {@code manifest}. */
  private static TarBuilder archive(byte[] manifest, byte[]... blobs) {
    TarBuilder archive = new TarBuilder();
    blob(archive, manifest);
    for (byte[] each : blobs) {
      blob(archive, each);
    }
    return archive.file(
        "index.json",
        TarBuilder.json(
            "{'schemaVersion':2,'manifests':["
                + descriptor(BlobFolder.digestOf(manifest), manifest.length)
                + "]}"));
  }

  private static byte[] manifest(byte[] config, Digest layer, long size) {
    return TarBuilder.json(
        "{'schemaVersion':2,'config':"
            + descriptor(BlobFolder.digestOf(config), config.length)
            + ",'layers':["
            + descriptor(layer, size)
            + "]}");
  }

  private void refused(TarBuilder archive, ImageException.Kind kind, String words) {
    assertThatThrownBy(() -> images.load(new ByteArrayInputStream(archive.bytes()), Progress.NONE))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining(words)
        .extracting(e -> ((ImageException) e).kind())
        .isEqualTo(kind);
  }

  private void refused(TarBuilder archive, String words) {
    refused(archive, ImageException.Kind.INVALID_ARGUMENT, words);
  }

  @Test
  void aManifestThatIsAlsoAnIndexIsRefused() {
    byte[] config = config(LAYER_DIGEST.toString());
    byte[] both =
        TarBuilder.json(
            "{'schemaVersion':2,'config':"
                + descriptor(BlobFolder.digestOf(config), config.length)
                + ",'layers':["
                + descriptor(LAYER_DIGEST, LAYER.length)
                + "],'manifests':[]}");

    refused(archive(both, config, LAYER), "a manifest and an index at once");
  }

  @Test
  void aMediaTypeThatContradictsTheFieldsIsRefused() {
    byte[] config = config(LAYER_DIGEST.toString());
    String single =
        new String(
            manifest(config, LAYER_DIGEST, LAYER.length), java.nio.charset.StandardCharsets.UTF_8);
    byte[] lying =
        TarBuilder.json(
            single.replaceFirst("\\{", "{'mediaType':'application/vnd.oci.image.index.v1+json',"));

    refused(archive(lying, config, LAYER), "fields of the other kind");
  }

  @Test
  void schemaOneIsRefusedWithASentence() {
    byte[] old = TarBuilder.json("{'schemaVersion':1,'name':'a','fsLayers':[],'history':[]}");

    refused(archive(old), ImageException.Kind.UNSUPPORTED, "schema 1");
  }

  @Test
  void digestsThatArePathsAreRefused() {
    for (String digest :
        new String[] {
          "sha256:../../x",
          "sha256:" + "../".repeat(20) + "victim",
          "../x:" + "0".repeat(64),
          "sha256:" + "A".repeat(64),
          "md5:" + "0".repeat(32),
          "sha256:" + "0".repeat(63) + "/"
        }) {
      byte[] index =
          TarBuilder.json(
              "{'schemaVersion':2,'manifests':[{'mediaType':'x','digest':'"
                  + digest
                  + "','size':3}]}");
      refused(new TarBuilder().file("index.json", index), "is not a digest");
    }
  }

  @Test
  void aDiffIdThatIsAPathIsRefused() {
    byte[] config = config("sha256:../../victim");

    refused(
        archive(manifest(config, LAYER_DIGEST, LAYER.length), config, LAYER), "is not a digest");
  }

  @Test
  void wrongSizesAreRefused() {
    byte[] config = config(LAYER_DIGEST.toString());

    for (long size : new long[] {0, LAYER.length - 1, LAYER.length + 1}) {
      refused(archive(manifest(config, LAYER_DIGEST, size), config, LAYER), "bytes, but it has");
    }
    refused(archive(manifest(config, LAYER_DIGEST, -1), config, LAYER), "claims a size of -1");
  }

  @Test
  void contentUnderAnothersDigestIsRefused() {
    byte[] config = config(LAYER_DIGEST.toString());
    byte[] other = new TarBuilder().file("f", "other").bytes();
    TarBuilder archive =
        archive(manifest(config, LAYER_DIGEST, LAYER.length), config)
            .file("blobs/sha256/" + LAYER_DIGEST.hex(), other);

    refused(archive, "is sha256:" + BlobFolder.digestOf(other).hex());
  }

  @Test
  void aLayerThatIsNotItsDiffIdIsRefused() {
    byte[] config = config("sha256:" + "0".repeat(64));

    refused(
        archive(manifest(config, LAYER_DIGEST, LAYER.length), config, LAYER),
        "where the image's configuration says");
  }

  @Test
  void missingContentIsNamed() {
    byte[] config = config(LAYER_DIGEST.toString());

    refused(
        archive(manifest(config, LAYER_DIGEST, LAYER.length), config),
        "speaks of " + LAYER_DIGEST + ", but lacks it");
  }

  @Test
  void moreLayersThanTheConfigurationKnowsAreRefused() {
    byte[] config =
        TarBuilder.json("{'architecture':'amd64','os':'linux','rootfs':{'diff_ids':[]}}");

    refused(
        archive(manifest(config, LAYER_DIGEST, LAYER.length), config, LAYER),
        "this is no container image");
  }

  @Test
  void anIndexThatContainsItselfEnds() {
    // A digest cannot be its own, but indexes can be nested deeper than anybody means.
    byte[] inner = TarBuilder.json("{'schemaVersion':2,'manifests':[]}");
    TarBuilder archive = new TarBuilder();
    for (int i = 0; i < 10; i++) {
      blob(archive, inner);
      inner =
          TarBuilder.json(
              "{'schemaVersion':2,'manifests':["
                  + descriptor(BlobFolder.digestOf(inner), inner.length)
                  + "]}");
    }
    refused(archive.file("index.json", inner), "nests indexes deeper");
  }

  @Test
  void documentsNestedToExhaustTheStackAreRefused() {
    byte[] deep = TarBuilder.json("{'a':" + "[".repeat(100_000) + "]".repeat(100_000) + "}");

    refused(new TarBuilder().file("index.json", deep), "nested deeper");
  }

  @Test
  void aDockerArchiveCannotPointOutsideItself() {
    for (String path : new String[] {"/etc/passwd", "../../../../etc/passwd", "link"}) {
      TarBuilder archive =
          new TarBuilder()
              .link("link", "/etc/passwd")
              .file("c.json", config(LAYER_DIGEST.toString()))
              .file(
                  "manifest.json",
                  TarBuilder.json("[{'Config':'c.json','RepoTags':[],'Layers':['" + path + "']}]"));
      refused(archive, "but lacks it");
    }
  }

  @Test
  void namesThatAreNoNamesAreRefused() {
    TarBuilder archive =
        new TarBuilder()
            .file("c.json", config(LAYER_DIGEST.toString()))
            .file("l.tar", LAYER)
            .file(
                "manifest.json",
                TarBuilder.json(
                    "[{'Config':'c.json','RepoTags':['../../UP:x'],'Layers':['l.tar']}]"));
    refused(archive, "invalid reference format");
  }

  @Test
  void archivesCutShortAreRefused() throws IOException {
    byte[] whole = TarBuilder.dockerArchive("a:1", LAYER);
    byte[] packed = TarBuilder.gzip(whole);
    for (byte[] cut :
        new byte[][] {
          Arrays.copyOf(whole, 700),
          Arrays.copyOf(whole, 5000),
          Arrays.copyOf(packed, packed.length / 2),
          new byte[0],
          new byte[] {1, 2, 3}
        }) {
      assertThatThrownBy(() -> images.load(new ByteArrayInputStream(cut), Progress.NONE))
          .isInstanceOf(ImageException.class)
          .extracting(e -> ((ImageException) e).kind())
          .isEqualTo(ImageException.Kind.INVALID_ARGUMENT);
    }
  }

  @Test
  void importedGarbageIsRefused() {
    assertThatThrownBy(
            () ->
                images.importRootfs(
                    new ByteArrayInputStream(
                        "no tar at all, but long enough "
                            .repeat(100)
                            .getBytes(java.nio.charset.StandardCharsets.US_ASCII)),
                    Optional.empty(),
                    java.util.List.of(),
                    "",
                    Platform.host()))
        .isInstanceOf(ImageException.class);
    assertThatThrownBy(
            () ->
                images.importRootfs(
                    new ByteArrayInputStream(LAYER),
                    Optional.empty(),
                    java.util.List.of("RUN rm -rf /"),
                    "",
                    Platform.host()))
        .hasMessageContaining("RUN is not among");
  }
}
