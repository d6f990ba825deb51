package dev.abode.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.image.Credentials;
import dev.abode.image.Descriptor;
import dev.abode.image.Digest;
import dev.abode.image.ImageException;
import dev.abode.image.Platform;
import dev.abode.image.Progress;
import dev.abode.image.Reference;
import dev.abode.image.Registries;
import dev.abode.image.RegistryOptions;
import dev.abode.image.registry.testing.CuttingProxy;
import dev.abode.image.registry.testing.RegistryServer;
import dev.abode.linux.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against Debian's docker-registry: what is pushed is what is pulled, also over a broken line. */
class RegistryRoundTripTest {
  private static final int MIB = 1024 * 1024;
  private static RegistryServer registry;

  private final RegistryClient client =
      new RegistryClient(
          RegistryOptions.DEFAULT,
          new RetryPolicy(2, Duration.ofMillis(1), Duration.ofMillis(1)),
          Duration.ofMinutes(2),
          InstantSource.system());
  private final RecordedProgress progress = new RecordedProgress();
  private FolderStore here;
  private FolderStore there;

  @BeforeAll
  static void startRegistry() throws Exception {
    registry = RegistryServer.plain().start();
  }

  @AfterAll
  static void stopRegistry() throws Exception {
    registry.close();
  }

  @BeforeEach
  void makeStores(@TempDir Path folder) throws IOException {
    here = new FolderStore(Files.createDirectory(folder.resolve("here")));
    there = new FolderStore(Files.createDirectory(folder.resolve("there")));
  }

  @AfterEach
  void closeClient() {
    client.close();
  }

  private static Reference reference(String name) {
    return Reference.parse(registry.host() + "/" + name);
  }

  private static List<String> noOrigins(Digest digest) {
    return List.of();
  }

  private void push(String name, SampleImage image) throws IOException {
    client.push(
        reference(name),
        image.manifest(),
        here,
        RegistryRoundTripTest::noOrigins,
        Credentials.ANONYMOUS,
        progress);
  }

  private Registries.RemoteImage pull(Reference reference) throws IOException {
    Registries.RemoteImage image =
        client.resolve(reference, Optional.empty(), Credentials.ANONYMOUS, there);
    client.fetch(image, Credentials.ANONYMOUS, there, progress, layer -> {});
    return image;
  }

  private void assertSameBytes(Descriptor blob) throws IOException {
    assertThat(Files.mismatch(here.path(blob.digest()), there.path(blob.digest()))).isEqualTo(-1);
  }

  @Test
  void whatIsPushedIsPulledByTagAndByDigest() throws Exception {
    SampleImage image = SampleImage.in(here, 3 * MIB, 10, 700_000, 0, 2 * MIB);
    push("tools/sample:1", image);

    Registries.RemoteImage byTag = pull(reference("tools/sample:1"));

    assertThat(byTag.digest()).isEqualTo(image.manifest().digest());
    assertThat(byTag.manifest()).isEqualTo(image.manifest());
    assertThat(byTag.layers()).isEqualTo(image.layers());
    assertSameBytes(image.manifest());
    assertSameBytes(image.config());
    for (Descriptor layer : image.layers()) {
      assertSameBytes(layer);
    }
    Reference byDigest = reference("tools/sample@" + image.manifest().digest());
    assertThat(pull(byDigest).manifest()).isEqualTo(image.manifest());
  }

  @Test
  void progressSpeaksDockersWords() throws Exception {
    SampleImage image = SampleImage.in(here, 2 * MIB, 10);
    push("words", image);
    String first = Meter.shortId(image.layers().getFirst().digest());
    assertThat(progress.stepsOf(first)).containsExactly("Preparing", "Pushing", "Pushed");
    assertThat(progress.stepsOf(""))
        .containsExactly(
            "The push refers to repository [" + registry.host() + "/words]",
            "latest: digest: "
                + image.manifest().digest()
                + " size: "
                + image.manifest().sizeBytes());

    RecordedProgress pulling = new RecordedProgress();
    Registries.RemoteImage remote =
        client.resolve(reference("words"), Optional.empty(), Credentials.ANONYMOUS, there);
    client.fetch(remote, Credentials.ANONYMOUS, there, pulling, layer -> {});
    client.fetch(remote, Credentials.ANONYMOUS, there, pulling, layer -> {});

    assertThat(pulling.stepsOf(first))
        .containsExactly(
            "Pulling fs layer",
            "Downloading",
            "Verifying Checksum",
            "Download complete",
            "Already exists");
    assertThat(pulling.reports())
        .contains(new RecordedProgress.Report(first, "Downloading", 2 * MIB, 2 * MIB));
  }

  @Test
  void layersArriveInTheirOrder() throws Exception {
    SampleImage image = SampleImage.in(here, 2 * MIB, 1, 900_000, 2, 3);
    push("order", image);
    Registries.RemoteImage remote =
        client.resolve(reference("order"), Optional.empty(), Credentials.ANONYMOUS, there);
    List<Descriptor> arrived = new ArrayList<>();

    client.fetch(
        remote,
        Credentials.ANONYMOUS,
        there,
        Progress.NONE,
        layer -> {
          assertThat(there.size(layer.digest())).contains(layer.sizeBytes());
          arrived.add(layer);
        });

    assertThat(arrived).isEqualTo(image.layers());
  }

  @Test
  void aSecondPushSendsNothing() throws Exception {
    SampleImage image = SampleImage.in(here, 1000, 2000);
    push("twice", image);
    RecordedProgress again = new RecordedProgress();
    client.push(
        reference("twice:other"),
        image.manifest(),
        here,
        RegistryRoundTripTest::noOrigins,
        Credentials.ANONYMOUS,
        again);
    String first = Meter.shortId(image.layers().getFirst().digest());
    assertThat(again.stepsOf(first)).containsExactly("Preparing", "Layer already exists");
  }

  @Test
  void aLayerOfASiblingIsMountedAndNotSent() throws Exception {
    SampleImage image = SampleImage.in(here, 333_333);
    push("origin/of-layer", image);
    Descriptor layer = image.layers().getFirst();

    client.push(
        reference("mounting/it"),
        image.manifest(),
        here,
        digest -> List.of("no/such/one", "origin/of-layer"),
        Credentials.ANONYMOUS,
        progress);

    assertThat(progress.stepsOf(Meter.shortId(layer.digest())))
        .contains("Mounted from origin/of-layer");
    pull(reference("mounting/it"));
    assertSameBytes(layer);
  }

  @Test
  void anIndexOfARealImageIsPushedAndResolvedByPlatform() throws Exception {
    Digest index = busyboxIndex();
    client.push(
        reference("busybox:musl"),
        new Descriptor(MediaTypes.OCI_INDEX, index, here.size(index).orElseThrow()),
        here,
        RegistryRoundTripTest::noOrigins,
        Credentials.ANONYMOUS,
        progress);

    for (String platform : List.of("linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386")) {
      Registries.RemoteImage image =
          client.resolve(
              reference("busybox:musl"),
              Optional.of(Platform.parse(platform)),
              Credentials.ANONYMOUS,
              there);
      assertThat(image.digest()).isEqualTo(index);
      client.fetch(image, Credentials.ANONYMOUS, there, progress, layer -> {});
      assertThat(image.layers()).isNotEmpty().allSatisfy(this::assertSameBytes);
      String config = Files.readString(there.path(image.config().digest()));
      assertThat(config)
          .contains("\"architecture\": \"" + Platform.parse(platform).architecture() + "\"");
    }
    assertThatThrownBy(
            () ->
                client.resolve(
                    reference("busybox:musl"),
                    Optional.of(Platform.parse("linux/sparc64")),
                    Credentials.ANONYMOUS,
                    there))
        .hasMessageContaining("no matching manifest for linux/sparc64")
        .hasMessageContaining("linux/amd64, linux/")
        .hasMessageContaining("--platform");
    assertThat(client.inspect(reference("busybox:musl"), Credentials.ANONYMOUS).platforms())
        .extracting(Platform::toString)
        .contains("linux/amd64", "linux/arm64/v8");
  }

  /** Copies the layout's blobs into the store; its inner index is the image's. */
  private Digest busyboxIndex() throws IOException {
    Path blobs = TestImages.folder().resolve("oci/busybox-musl/blobs/sha256");
    try (Stream<Path> files = Files.list(blobs)) {
      for (Path file : files.toList()) {
        Files.copy(file, here.path(Digest.parse("sha256:" + file.getFileName())));
      }
    }
    return Digest.parse("sha256:5d582002335cd7aca9a11343e0fe0d719e44800b43f10d17186984e0c5b401a3");
  }

  @Test
  void aMissingNameIsNotFound() {
    assertThatThrownBy(
            () ->
                client.resolve(
                    reference("no/such:thing"), Optional.empty(), Credentials.ANONYMOUS, there))
        .isInstanceOfSatisfying(
            ImageException.class,
            e -> assertThat(e.kind()).isEqualTo(ImageException.Kind.NOT_FOUND))
        .hasMessageContaining("manifest for " + registry.host() + "/no/such:thing not found");
  }

  @Test
  void nobodyListeningIsSaidAtOnce() {
    assertThatThrownBy(
            () ->
                client.resolve(
                    Reference.parse("127.0.0.1:1/alpine"),
                    Optional.empty(),
                    Credentials.ANONYMOUS,
                    there))
        .isInstanceOfSatisfying(
            ImageException.class,
            e -> assertThat(e.kind()).isEqualTo(ImageException.Kind.UNAVAILABLE))
        .hasMessageContaining("127.0.0.1:1")
        .hasMessageContaining("is it running?");
  }

  @Test
  void anInspectedImageTellsItsPlatform() throws Exception {
    SampleImage image = SampleImage.in(here, 10);
    push("inspected", image);
    Registries.Distribution distribution =
        client.inspect(reference("inspected"), Credentials.ANONYMOUS);
    assertThat(distribution.descriptor()).isEqualTo(image.manifest());
    assertThat(distribution.platforms()).hasSize(1);
  }

  @Test
  void aLineThatBreaksOnceIsContinuedByItself() throws Exception {
    SampleImage image = SampleImage.in(here, 5 * MIB);
    push("broken/once", image);
    try (CuttingProxy proxy = CuttingProxy.before(registry)) {
      proxy.cut(head -> head.contains("/blobs/" + layer(image).digest()), 2 * MIB, 1);

      pull(Reference.parse(proxy.host() + "/broken/once"));

      assertOnlyTheRestWasSent(proxy, image, 2);
    }
  }

  @Test
  void aLineThatStaysBrokenIsAnErrorAndTheNextPullContinues() throws Exception {
    SampleImage image = SampleImage.in(here, 5 * MIB);
    push("broken/twice", image);
    try (CuttingProxy proxy = CuttingProxy.before(registry)) {
      Reference reference = Reference.parse(proxy.host() + "/broken/twice");
      proxy.cut(head -> head.contains("/blobs/" + layer(image).digest()), 300_000, 2);

      assertThatThrownBy(() -> pull(reference))
          .isInstanceOfSatisfying(
              ImageException.class,
              e -> assertThat(e.kind()).isEqualTo(ImageException.Kind.UNAVAILABLE))
          .hasMessageContaining("of " + 5 * MIB + " bytes")
          .hasMessageContaining("tried 2 times")
          .hasMessageContaining("pull again to continue");
      assertThat(there.size(layer(image).digest())).isEmpty();
      assertThat(Files.size(there.partial(layer(image).digest()))).isGreaterThan(500_000);

      pull(reference);
      assertOnlyTheRestWasSent(proxy, image, 3);
    }
  }

  @Test
  void aKilledRegistryIsAnErrorAndTheNextPullContinues() throws Exception {
    // Far more than all the socket buffers on the way hold, so that the kill comes in the middle.
    SampleImage image = SampleImage.in(here, 64 * MIB);
    try (RegistryServer mortal = RegistryServer.plain().start();
        CuttingProxy proxy = CuttingProxy.before(mortal)) {
      Reference reference = Reference.parse(proxy.host() + "/mortal");
      client.push(
          reference,
          image.manifest(),
          here,
          RegistryRoundTripTest::noOrigins,
          Credentials.ANONYMOUS,
          progress);
      Registries.RemoteImage remote =
          client.resolve(reference, Optional.empty(), Credentials.ANONYMOUS, there);
      proxy.forget();
      Progress killing =
          (subject, status, currentBytes, totalBytes) -> {
            if (currentBytes > 0) {
              kill(mortal);
            }
          };

      assertThatThrownBy(
              () -> client.fetch(remote, Credentials.ANONYMOUS, there, killing, layer -> {}))
          .isInstanceOfSatisfying(
              ImageException.class,
              e -> assertThat(e.kind()).isEqualTo(ImageException.Kind.UNAVAILABLE))
          .hasMessageContaining("pull again to continue");
      long kept = Files.size(there.partial(layer(image).digest()));
      assertThat(kept).isGreaterThan(0).isLessThan(64 * MIB);
      proxy.forget();
      mortal.restart();

      client.fetch(remote, Credentials.ANONYMOUS, there, progress, layer -> {});

      assertSameBytes(layer(image));
      CuttingProxy.Exchange rest = blobRequests(proxy, image).getFirst();
      assertThat(rest.head()).containsIgnoringCase("Range: bytes=" + kept + "-");
      assertThat(rest.answered().get()).isLessThan(64 * MIB - kept + 4096);
    }
  }

  private static void kill(RegistryServer server) {
    try {
      server.kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aPushOverALineThatBreaksIsContinued() throws Exception {
    SampleImage image = SampleImage.in(here, 5 * MIB);
    try (CuttingProxy proxy = CuttingProxy.before(registry)) {
      // The answer to the upload never arrives, so the client has to ask how far it came.
      proxy.cut(head -> head.startsWith("PATCH"), 0, 1);
      Reference reference = Reference.parse(proxy.host() + "/pushed/broken");

      client.push(
          reference,
          image.manifest(),
          here,
          RegistryRoundTripTest::noOrigins,
          Credentials.ANONYMOUS,
          progress);

      assertThat(proxy.exchanges())
          .extracting(CuttingProxy.Exchange::line)
          .anySatisfy(line -> assertThat(line).startsWith("GET /v2/pushed/broken/blobs/uploads/"));
    }
    pull(reference("pushed/broken"));
    assertSameBytes(layer(image));
  }

  @Test
  void aMirrorIsAskedFirstAndTheRegistryWhenItHasNothing() throws Exception {
    SampleImage image = SampleImage.in(here, 4444);
    push("mirrored", image);
    try (RegistryServer empty = RegistryServer.plain().start();
        CuttingProxy mirror = CuttingProxy.before(empty);
        RegistryClient mirrored =
            RegistryClient.of(
                new RegistryOptions(
                    java.util.Set.of(),
                    java.util.Map.of(registry.host(), List.of("http://" + mirror.host())),
                    List.of()))) {
      Registries.RemoteImage remote =
          mirrored.resolve(
              reference("mirrored"),
              Optional.empty(),
              new Credentials("user", "private", ""),
              there);
      mirrored.fetch(remote, Credentials.ANONYMOUS, there, progress, layer -> {});

      assertSameBytes(layer(image));
      assertThat(mirror.exchanges()).isNotEmpty();
      assertThat(mirror.exchanges())
          .allSatisfy(
              exchange -> assertThat(exchange.head()).doesNotContainIgnoringCase("authorization"));
    }
  }

  private static Descriptor layer(SampleImage image) {
    return image.layers().getFirst();
  }

  private static List<CuttingProxy.Exchange> blobRequests(CuttingProxy proxy, SampleImage image) {
    return proxy.exchanges().stream()
        .filter(exchange -> exchange.line().endsWith("/blobs/" + layer(image).digest()))
        .toList();
  }

  private void assertOnlyTheRestWasSent(CuttingProxy proxy, SampleImage image, int requests)
      throws IOException {
    assertSameBytes(layer(image));
    List<CuttingProxy.Exchange> asked = blobRequests(proxy, image);
    assertThat(asked).hasSize(requests);
    assertThat(asked.getFirst().head()).doesNotContainIgnoringCase("range:");
    assertThat(asked.subList(1, requests))
        .allSatisfy(exchange -> assertThat(exchange.head()).containsIgnoringCase("range: bytes="));
    long sent = asked.stream().mapToLong(exchange -> exchange.answered().get()).sum();
    // Heads are small; bytes that were under way when the line was cut are sent again.
    assertThat(sent).isLessThan(layer(image).sizeBytes() + requests * 256L * 1024);
  }
}
