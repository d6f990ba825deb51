package dev.abode.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarLimits;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.FileTreeStatus;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Layers made to reach the host. Every test looks at a folder of the host beside the store, at its
 * names, contents and owners, before and after.
 */
final class HostileLayerTest {
  private static final UnpackLimits SMALL =
      new UnpackLimits(8 << 20, 10, 1 << 20, 64, new TarLimits(64 * 1024, 1024, 5000));

  @TempDir Path folder;
  private Path outside;
  private String before = "";

  @BeforeEach
  void prepare() throws IOException {
    outside = folder.resolve("host");
    Files.createDirectories(outside.resolve("etc"));
    Files.writeString(outside.resolve("etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
    Files.writeString(outside.resolve("victim"), "untouched");
    before = state();
  }

  /** Names, kinds, sizes, modes, owners, link counts and contents of the host's folder. */
  private String state() throws IOException {
    StringBuilder state = new StringBuilder();
    try (Stream<Path> files = Files.walk(outside)) {
      for (Path file : files.sorted().toList()) {
        state
            .append(outside.relativize(file))
            .append(
                Files.readAttributes(
                    file, "unix:mode,uid,gid,nlink,size,ino", LinkOption.NOFOLLOW_LINKS))
            .append(Files.isRegularFile(file) ? Files.readString(file) : "")
            .append('\n');
      }
    }
    return state.toString();
  }

  @AfterEach
  void theHostIsAsItWas() throws IOException {
    assertThat(state()).isEqualTo(before);
    assertThat(Path.of("/victim-of-abode-test")).doesNotExist();
    FileTree.delete(folder.resolve("images"));
  }

  private Image load(byte[]... layers) throws IOException {
    try (Images images = open(UnpackLimits.DEFAULT)) {
      return images
          .load(new ByteArrayInputStream(TarBuilder.dockerArchive("evil:1", layers)), Progress.NONE)
          .getFirst();
    }
  }

  private Images open(UnpackLimits limits) throws IOException {
    return Images.open(folder.resolve("images"), new NoRegistries(), limits);
  }

  private Path tree(Image image) throws IOException {
    try (Images images = open(UnpackLimits.DEFAULT)) {
      return images.layerFolders(image, Progress.NONE).getFirst();
    }
  }

  /** The way from the root of the layer to the host's folder, up as far as one may want. */
  private String up(String path) {
    return "../".repeat(30) + outside.resolve(path).toString().substring(1);
  }

  @Test
  void namesWithDotsEndInTheLayer() throws IOException {
    Path tree = tree(load(new TarBuilder().file(up("victim"), "owned").bytes()));

    assertThat(tree.resolve(outside.toString().substring(1)).resolve("victim")).hasContent("owned");
  }

  @Test
  void absoluteNamesEndInTheLayer() throws IOException {
    Path tree =
        tree(
            load(
                new TarBuilder()
                    .file("/victim-of-abode-test", "a")
                    .file(outside.resolve("victim").toString(), "owned")
                    .bytes()));

    assertThat(tree.resolve("victim-of-abode-test")).hasContent("a");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void hardLinksToTheHostFindNothing(boolean absolute) {
    String target = absolute ? outside.resolve("etc/passwd").toString() : up("etc/passwd");

    assertThatThrownBy(() -> load(new TarBuilder().hardLink("passwd", target).bytes()))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("which it does not hold")
        .extracting(e -> ((ImageException) e).kind())
        .isEqualTo(ImageException.Kind.INVALID_ARGUMENT);
    assertNothingKept();
  }

  private void assertNothingKept() {
    assertThat(folder.resolve("images/layers")).isEmptyDirectory();
    assertThat(folder.resolve("images/blobs/sha256")).isEmptyDirectory();
    assertThat(folder.resolve("images/uploads")).isEmptyDirectory();
  }

  @Test
  void hardLinksThroughALinkStayInside() {
    assertThatThrownBy(
            () ->
                load(
                    new TarBuilder()
                        .link("out", outside.toString())
                        .hardLink("passwd", "out/etc/passwd")
                        .bytes()))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("which it does not hold");
  }

  @Test
  void aHardLinkToALinkIsTheLink() throws IOException {
    Path tree =
        tree(
            load(
                new TarBuilder()
                    .link("a", outside.resolve("victim").toString())
                    .hardLink("b", "a")
                    .bytes()));

    assertThat(tree.resolve("b")).isSymbolicLink();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void linkedAncestorsAreFollowedInsideOnly(boolean absolute) throws IOException {
    String target = absolute ? "/" + "real" : "../../../real";
    Path tree =
        tree(
            load(
                new TarBuilder()
                    .folder("real/", 0755)
                    .link("link", target)
                    .file("link/file", "inside")
                    .bytes()));

    assertThat(tree.resolve("real/file")).hasContent("inside");
  }

  @Test
  void linkedAncestorsToTheHostLeadNowhere() {
    for (String target : List.of(outside.toString(), up(""))) {
      assertThatThrownBy(
              () -> load(new TarBuilder().link("out", target).file("out/victim", "owned").bytes()))
          .isInstanceOf(ImageException.class)
          .extracting(e -> ((ImageException) e).kind())
          .isEqualTo(ImageException.Kind.INVALID_ARGUMENT);
    }
  }

  @Test
  void whiteoutsThroughALinkRemoveNothingOutside() {
    for (String whiteout : List.of("out/.wh.victim", "out/etc/.wh.passwd", "out/.wh..wh..opq")) {
      assertThatThrownBy(
              () ->
                  load(new TarBuilder().link("out", outside.toString()).file(whiteout, "").bytes()))
          .isInstanceOf(ImageException.class);
    }
  }

  @Test
  void whiteoutsOfNoNameAreRefused() {
    for (String whiteout : List.of(".wh.", ".wh..", ".wh...", "a/.wh...")) {
      assertThatThrownBy(() -> load(new TarBuilder().file(whiteout, "").bytes()))
          .as(whiteout)
          .isInstanceOf(ImageException.class)
          .hasMessageContaining("names no file");
    }
  }

  @Test
  void whiteoutsWithDotsStayInside() throws IOException {
    Path tree = tree(load(new TarBuilder().file(up("") + "/.wh.victim", "").bytes()));

    try (FileTree layer = FileTree.open(tree)) {
      Optional<FileTreeStatus> status = layer.status(outside.toString().substring(1) + "/victim");
      assertThat(status).hasValueSatisfying(s -> assertThat(s.isWhiteout()).isTrue());
    }
  }

  @Test
  void aLinkReplacedByAFolderAndBackStaysInside() throws IOException {
    Path tree =
        tree(
            load(
                new TarBuilder()
                    .folder("d/", 0755)
                    .file("d/one", "1")
                    .link("d", outside.toString())
                    .folder("d/", 0700)
                    .file("d/two", "2")
                    .bytes()));

    assertThat(tree.resolve("d")).isDirectory();
    assertThat(Files.isSymbolicLink(tree.resolve("d"))).isFalse();
    assertThat(tree.resolve("d/two")).hasContent("2");
    assertThat(tree.resolve("d/one")).doesNotExist();
  }

  @Test
  void aFolderEntryOverALinkDoesNotChangeItsTarget() throws IOException {
    Path tree =
        tree(load(new TarBuilder().link("d", outside.toString()).folder("d/", 0777).bytes()));

    assertThat(Files.isSymbolicLink(tree.resolve("d"))).isFalse();
  }

  @Test
  void aFileOverALinkReplacesTheLink() throws IOException {
    Path tree =
        tree(
            load(
                new TarBuilder()
                    .link("v", outside.resolve("victim").toString())
                    .file("v", "owned")
                    .bytes()));

    assertThat(tree.resolve("v")).hasContent("owned");
    assertThat(Files.isSymbolicLink(tree.resolve("v"))).isFalse();
  }

  @Test
  void devicesAreMadeButNotOpened() throws IOException {
    Path tree =
        tree(
            load(
                new TarBuilder()
                    .device("disk", TarEntry.Type.BLOCK_DEVICE, 8, 0)
                    .device("pipe", TarEntry.Type.FIFO, 0, 0)
                    .device("wide", TarEntry.Type.CHARACTER_DEVICE, 4000, 1_000_000)
                    .bytes()));

    try (FileTree layer = FileTree.open(tree)) {
      assertThat(layer.status("disk").map(FileTreeStatus::represents))
          .hasValue(new FileTreeStatus.Device(8, 0));
      assertThat(layer.status("wide").map(FileTreeStatus::represents))
          .hasValue(new FileTreeStatus.Device(4000, 1_000_000));
      assertThat(layer.status("pipe").map(FileTreeStatus::kind)).hasValue(FileTreeStatus.Kind.FIFO);
    }
  }

  @Test
  void overlayMarksOfTheImageAreNotObeyed() throws IOException {
    byte[] value = "/etc".getBytes(StandardCharsets.US_ASCII);
    Path tree =
        tree(
            load(
                new TarBuilder()
                    .attributed(
                        "f",
                        Map.of(
                            "trusted.overlay.redirect", value,
                            "trusted.overlay.metacopy", value,
                            "user.overlay.redirect", value,
                            "user.mine", new byte[] {0, 1, (byte) 0xff, 10}))
                    .bytes()));

    try (FileTree layer = FileTree.open(tree);
        FileTreeNode node = layer.node("f")) {
      assertThat(node.attributes()).containsOnlyKeys("user.mine");
      assertThat(node.attribute("user.mine")).hasValue(new byte[] {0, 1, (byte) 0xff, 10});
    }
  }

  private void assertRefused(byte[] layer, UnpackLimits limits, ImageException.Kind kind)
      throws IOException {
    try (Images images = open(limits)) {
      byte[] archive = TarBuilder.dockerArchive("evil:1", layer);
      assertThatThrownBy(() -> images.load(new ByteArrayInputStream(archive), Progress.NONE))
          .isInstanceOf(ImageException.class)
          .extracting(e -> ((ImageException) e).kind())
          .isEqualTo(kind);
      assertThat(images.list()).isEmpty();
      assertNothingKept();
    }
  }

  @Test
  void aGzipBombHitsABound() throws IOException {
    byte[] bomb = TarBuilder.gzip(new TarBuilder().file("zeros", new byte[64 << 20]).bytes());
    assertThat(bomb.length).isLessThan(100 * 1024);

    assertRefused(bomb, SMALL, ImageException.Kind.EXHAUSTED);
  }

  @Test
  void aGzipBombAroundAnArchiveHitsABound() throws IOException {
    byte[] bomb = TarBuilder.gzip(new TarBuilder().file("zeros", new byte[64 << 20]).bytes());

    try (Images images = open(SMALL)) {
      assertThatThrownBy(() -> images.load(new ByteArrayInputStream(bomb), Progress.NONE))
          .isInstanceOf(ImageException.class)
          .extracting(e -> ((ImageException) e).kind())
          .isEqualTo(ImageException.Kind.EXHAUSTED);
    }
    assertNothingKept();
  }

  @Test
  void anAbsoluteBoundHoldsForPlainLayers() throws IOException {
    UnpackLimits limits = new UnpackLimits(1 << 20, 10, 1 << 20, 64, TarLimits.DEFAULT);
    byte[] layer = TarBuilder.gzip(new TarBuilder().file("a", new byte[2 << 20]).bytes());

    assertRefused(layer, limits, ImageException.Kind.EXHAUSTED);
  }

  @Test
  @Tag("slow")
  void tooManyEntriesAreRefused() throws IOException {
    TarBuilder many = new TarBuilder();
    for (int i = 0; i < 5001; i++) {
      many.file("f" + i, "");
    }

    assertRefused(TarBuilder.gzip(many.bytes()), SMALL, ImageException.Kind.EXHAUSTED);
  }

  @Test
  void hugeHeadersAreRefusedBeforeTheyAreRead() throws IOException {
    TarBuilder pax = new TarBuilder();
    pax.attributed("f", Map.of("user.large", new byte[100 * 1024]));

    assertRefused(pax.bytes(), SMALL, ImageException.Kind.EXHAUSTED);
  }

  @Test
  void aHeaderThatClaimsGigabytesAllocatesNone() throws IOException {
    byte[] layer = new TarBuilder().attributed("f", Map.of("user.a", new byte[1])).bytes();
    // The pax header's size field, 8 GiB less one, and its checksum.
    byte[] size = "77777777777".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(size, 0, layer, 124, size.length);
    checksum(layer, 0);

    assertRefused(layer, UnpackLimits.DEFAULT, ImageException.Kind.EXHAUSTED);
  }

  private static void checksum(byte[] tar, int at) {
    Arrays.fill(tar, at + 148, at + 156, (byte) ' ');
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += tar[at + i] & 0xff;
    }
    byte[] digits = String.format("%06o", sum).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(digits, 0, tar, at + 148, 6);
    tar[at + 154] = 0;
  }

  @Test
  void longNamesAreRefused() throws IOException {
    assertRefused(
        new TarBuilder().file("a/".repeat(600) + "f", "").bytes(),
        SMALL,
        ImageException.Kind.EXHAUSTED);
  }

  @Test
  void deepFoldersAreRefused() throws IOException {
    assertRefused(
        new TarBuilder().file("a/".repeat(70) + "f", "").bytes(),
        SMALL,
        ImageException.Kind.EXHAUSTED);
  }

  @Test
  void aTarCutShortIsRefused() throws IOException {
    byte[] whole = new TarBuilder().file("f", "x".repeat(5000)).bytes();

    for (int length : new int[] {100, 512, 700, 3000}) {
      assertRefused(
          Arrays.copyOf(whole, length), UnpackLimits.DEFAULT, ImageException.Kind.INVALID_ARGUMENT);
    }
  }

  @Test
  void aGzipCutShortIsRefused() throws IOException {
    byte[] whole = new byte[100_000];
    new java.util.Random(7).nextBytes(whole);
    byte[] packed = TarBuilder.gzip(new TarBuilder().file("f", whole).bytes());

    assertRefused(
        Arrays.copyOf(packed, packed.length / 2),
        UnpackLimits.DEFAULT,
        ImageException.Kind.INVALID_ARGUMENT);
  }

  @Test
  void garbageIsNoLayer() throws IOException {
    byte[] garbage = new byte[4096];
    new java.util.Random(8).nextBytes(garbage);
    garbage[0] = 'x';

    assertRefused(garbage, UnpackLimits.DEFAULT, ImageException.Kind.INVALID_ARGUMENT);
  }

  @Test
  void extractingIntoATreeStaysInIt() throws IOException {
    Path target = folder.resolve("images/root");
    Files.createDirectories(target.resolve("in"));
    Files.createSymbolicLink(target.resolve("in/out"), outside);
    Files.createSymbolicLink(target.resolve("in/victim"), outside.resolve("victim"));
    byte[] tar =
        new TarBuilder()
            .file("../../escaped", "a")
            .file("victim", "replaced")
            .file(".wh.kept", "a name")
            .bytes();

    try (FileTree tree = FileTree.open(target)) {
      TreeArchive.extract(
          tree, "in", new ByteArrayInputStream(tar), IdTranslation.NONE, UnpackLimits.DEFAULT);
      byte[] through = new TarBuilder().file("out/victim", "owned").bytes();
      assertThatThrownBy(
              () ->
                  TreeArchive.extract(
                      tree,
                      "in",
                      new ByteArrayInputStream(through),
                      IdTranslation.NONE,
                      UnpackLimits.DEFAULT))
          .isInstanceOf(ImageException.class);
    }

    assertThat(target.resolve("in/escaped")).hasContent("a");
    assertThat(target.resolve("in/victim")).hasContent("replaced");
    assertThat(target.resolve("in/.wh.kept")).hasContent("a name");
  }
}
