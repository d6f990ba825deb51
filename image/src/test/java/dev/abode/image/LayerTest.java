package dev.abode.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.FileTreeStatus;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers, stacked as overlayfs stacks them; the kernel's own overlayfs is asked as well. */
final class LayerTest {
  @TempDir Path folder;

  @AfterEach
  void clean() throws IOException {
    FileTree.delete(folder.resolve("images"));
    FileTree.delete(folder.resolve("work"));
  }

  private Images open() throws IOException {
    return Images.open(folder.resolve("images"), new NoRegistries());
  }

  private static Image load(Images images, byte[]... layers) throws IOException {
    return images
        .load(new ByteArrayInputStream(TarBuilder.dockerArchive("layers:1", layers)), Progress.NONE)
        .getFirst();
  }

  private static String text(Optional<byte[]> content) {
    return content.map(bytes -> new String(bytes, StandardCharsets.UTF_8)).orElse("-");
  }

  private String shell(String script) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder("unshare", "-m", "sh", "-ec", script).redirectErrorStream(true);
    // Newer mount commands use fsconfig(2), which takes 256 bytes of lowerdir at most.
    builder.environment().put("LIBMOUNT_FORCE_MOUNT2", "always");
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  private static final byte[] BOTTOM =
      new TarBuilder()
          .folder("./", 0755)
          .folder("etc/", 0755)
          .file("etc/a", "a0")
          .file("etc/b", "b0")
          .folder("opaque/", 0755)
          .file("opaque/old", "old")
          .folder("gone/", 0755)
          .file("gone/file", "gone")
          .folder("tmp/", 01777)
          .folder("usr/", 0755)
          .folder("usr/lib/", 0755)
          .file("usr/lib/x", "x")
          .link("lib", "usr/lib")
          .link("absolute", "/etc/a")
          .link("loop", "loop")
          .file("becomes-folder", "file")
          .bytes();
  private static final byte[] MIDDLE =
      new TarBuilder()
          .file("etc/.wh.a", "")
          .file("etc/c", "c1")
          .file("opaque/.wh..wh..opq", "")
          .file("opaque/new", "new")
          .file(".wh.gone", "")
          .file("tmp/in", "in")
          .file(".wh.becomes-folder", "")
          .folder("becomes-folder/", 0755)
          .file("becomes-folder/in", "in")
          .bytes();
  private static final byte[] TOP =
      new TarBuilder().file("etc/a", "a2").file("gone", "now a file").bytes();

  @Test
  void theStackIsWhatOverlayfsShows() throws Exception {
    try (Images images = open()) {
      Image image = load(images, BOTTOM, MIDDLE, TOP);
      List<Path> folders = images.layerFolders(image, Progress.NONE);
      MergedTree tree = new MergedTree(folders);
      String lower = String.join(":", folders.stream().map(Path::toString).toList());
      Path mount = Files.createDirectories(folder.resolve("work/mount"));

      for (String path :
          List.of(
              "etc/a",
              "etc/b",
              "etc/c",
              "opaque/old",
              "opaque/new",
              "gone",
              "gone/file",
              "tmp/in",
              "usr/lib/x",
              "becomes-folder/in")) {
        String real =
            shell(
                "mount -t overlay overlay -o ro,lowerdir="
                    + lower
                    + " "
                    + mount
                    + "; cat "
                    + mount
                    + "/"
                    + path
                    + " 2>/dev/null || printf -- -");
        assertThat(text(tree.read("/" + path, 100))).as(path).isEqualTo(real);
      }
      assertThat(text(tree.read("/lib/x", 100))).isEqualTo("x");
      assertThat(text(tree.read("/absolute", 100))).isEqualTo("a2");
      assertThat(text(tree.read("/../../etc/a", 100))).isEqualTo("a2");
      assertThat(text(tree.read("/lib/../../etc/b", 100))).isEqualTo("b0");
      assertThat(text(tree.read("/lib/../lib/x", 100))).isEqualTo("x");
      assertThat(text(tree.read("/etc", 100))).isEqualTo("-");
    }
  }

  @Test
  void foldersNobodyDescribedLookAsBelow() throws IOException {
    try (Images images = open()) {
      List<Path> folders = images.layerFolders(load(images, BOTTOM, MIDDLE, TOP), Progress.NONE);

      assertThat(Files.getAttribute(folders.get(1).resolve("tmp"), "unix:mode")).isEqualTo(041777);
      assertThat(Files.getLastModifiedTime(folders.get(1).resolve("tmp")).toInstant())
          .isEqualTo(Instant.ofEpochSecond(1_000_000_000));
    }
  }

  @Test
  void filesBehindALinkOfALowerLayerDoNotHideWhatItLeadsTo() throws IOException {
    byte[] top =
        new TarBuilder()
            .file("lib/deep/y", "y")
            .file("lib/.wh.x", "")
            .file("lib/z", "z")
            .file("usr/lib/deep/other", "other")
            .bytes();
    try (Images images = open()) {
      MergedTree tree =
          new MergedTree(images.layerFolders(load(images, BOTTOM, top), Progress.NONE));

      assertThat(text(tree.read("/lib/deep/y", 9))).isEqualTo("y");
      assertThat(text(tree.read("/usr/lib/deep/y", 9))).isEqualTo("y");
      assertThat(text(tree.read("/usr/lib/deep/other", 9))).isEqualTo("other");
      assertThat(text(tree.read("/usr/lib/z", 9))).isEqualTo("z");
      assertThat(text(tree.read("/usr/lib/x", 9))).isEqualTo("-");
      assertThat(tree.layers().getFirst().resolve("lib")).doesNotExist();
    }
  }

  @Test
  void binaryAttributesTimesAndLinksAreKept() throws IOException {
    byte[] capability = HexBytes.of("0100000200040000000000000000000000000000");
    byte[] layer =
        new TarBuilder()
            .attributed("bin", Map.of("security.capability", capability))
            .hardLink("bin2", "bin")
            .bytes();
    try (Images images = open()) {
      Path tree = images.layerFolders(load(images, layer), Progress.NONE).getFirst();

      try (FileTree files = FileTree.open(tree);
          FileTreeNode node = files.node("bin2")) {
        assertThat(node.attribute("security.capability")).hasValue(capability);
        assertThat(node.status().links()).isEqualTo(2);
        assertThat(node.status().modified()).isEqualTo(Instant.EPOCH);
      }
    }
  }

  /** Test data as hex. */
  private static final class HexBytes {
    static byte[] of(String hex) {
      return java.util.HexFormat.of().parseHex(hex);
    }
  }

  /** Makes an upper directory by working on a real overlay, in a mount namespace of its own. */
  private Path upper(List<Path> layers, String script) throws Exception {
    Path work = Files.createDirectories(folder.resolve("work"));
    for (String name : List.of("upper", "work", "mount")) {
      Files.createDirectories(work.resolve(name));
    }
    String said =
        shell(
            "mount -t overlay overlay -o lowerdir="
                + String.join(":", layers.stream().map(Path::toString).toList())
                + ",upperdir="
                + work.resolve("upper")
                + ",workdir="
                + work.resolve("work")
                + " "
                + work.resolve("mount")
                + "; cd "
                + work.resolve("mount")
                + "; "
                + script);
    assertThat(said).isEmpty();
    return work.resolve("upper");
  }

  private static final String WORK =
      "echo changed >etc/b; rm etc/c; rm -r opaque; mkdir opaque; echo fresh >opaque/fresh;"
          + " mkdir -p new/deep; echo n >new/deep/n; ln new/deep/n new/hard; ln -s /etc/b new/link;"
          + " mkfifo new/fifo; mknod new/null c 1 3; chmod 0700 tmp; chown 12:34 new/deep/n;"
          + " truncate -s 10M new/sparse; echo end >>new/sparse; touch -d 2001-02-03T04:05:06.789 new/time";

  @Test
  void changesAreListedAsDockerDoes() throws Exception {
    try (Images images = open()) {
      List<Path> layers = images.layerFolders(load(images, BOTTOM, MIDDLE, TOP), Progress.NONE);
      Path upper = upper(layers, WORK);

      List<String> changes =
          Changes.of(upper, new MergedTree(layers), Set.of("/new/null")).stream()
              .map(change -> change.kind().letter() + " " + change.path())
              .toList();

      assertThat(changes)
          .containsExactly(
              "C /etc",
              "C /etc/b",
              "D /etc/c",
              "A /new",
              "A /new/deep",
              "A /new/deep/n",
              "A /new/fifo",
              "A /new/hard",
              "A /new/link",
              "A /new/sparse",
              "A /new/time",
              "C /opaque",
              "A /opaque/fresh",
              "D /opaque/new",
              "C /tmp");
    }
  }

  @Test
  void aCommittedUpperDirectoryIsTheSameAsALayer() throws Exception {
    try (Images images = open()) {
      Image parent = load(images, BOTTOM, MIDDLE, TOP);
      List<Path> layers = images.layerFolders(parent, Progress.NONE);
      Path upper = upper(layers, WORK);

      Image committed =
          images.commit(
              Optional.of(parent),
              upper,
              parent.config().changed(List.of("CMD [\"/bin/new\"]", "LABEL a=b")),
              Optional.of(Reference.parse("committed:1")),
              "somebody",
              "a message");

      assertThat(committed.config().command()).containsExactly("/bin/new");
      assertThat(committed.config().labels()).containsEntry("a", "b");
      assertThat(committed.config().author()).isEqualTo("somebody");
      assertThat(committed.layers()).hasSize(4);
      assertThat(committed.config().layers())
          .startsWith(parent.config().layers().toArray(DiffId[]::new));
      assertThat(committed.config().history().getLast().comment()).isEqualTo("a message");
      Path layer = images.layerFolders(committed, Progress.NONE).getFirst();
      try (FileTree tree = FileTree.open(layer)) {
        assertThat(tree.status("etc/c"))
            .hasValueSatisfying(s -> assertThat(s.isWhiteout()).isTrue());
        try (FileTreeNode opaque = tree.node("opaque")) {
          assertThat(opaque.attribute("trusted.overlay.opaque")).hasValue(new byte[] {'y'});
        }
        FileTreeStatus linked = tree.status("new/hard").orElseThrow();
        assertThat(linked.links()).isEqualTo(2);
        assertThat(linked.uid()).isEqualTo(12);
        assertThat(linked.gid()).isEqualTo(34);
        FileTreeStatus sparse = tree.status("new/sparse").orElseThrow();
        assertThat(sparse.sizeBytes()).isEqualTo((10 << 20) + 4);
        assertThat(sparse.allocatedBytes()).isLessThan(1 << 20);
        assertThat(tree.status("new/null").orElseThrow().represents())
            .isEqualTo(new FileTreeStatus.Device(1, 3));
        assertThat(tree.status("new/time").orElseThrow().modified())
            .isEqualTo(Files.getLastModifiedTime(upper.resolve("new/time")).toInstant())
            .satisfies(time -> assertThat(time.toEpochMilli() % 1000).isEqualTo(789));
        assertThat(tree.status("tmp").orElseThrow().permissions()).isEqualTo(0700);
      }
      assertThat(layer.resolve("new/sparse")).hasSameBinaryContentAs(upper.resolve("new/sparse"));
      assertThat(Files.readSymbolicLink(layer.resolve("new/link"))).isEqualTo(Path.of("/etc/b"));
    }
  }

  @Test
  void aTreeGoesIntoATarAndBack() throws Exception {
    Path source = Files.createDirectories(folder.resolve("work/source/d"));
    Files.writeString(source.resolve("f"), "content");
    Files.createLink(source.resolve("g"), source.resolve("f"));
    Files.createSymbolicLink(source.resolve("l"), Path.of("/etc/passwd"));
    Files.setAttribute(source.resolve("f"), "unix:uid", 1234);
    Path target = Files.createDirectories(folder.resolve("work/target"));
    ByteArrayOutputStream tar = new ByteArrayOutputStream();

    try (FileTree from = FileTree.open(folder.resolve("work/source"));
        FileTree to = FileTree.open(target)) {
      TreeArchive.write(
          from, "/d", "renamed", tar, TreeArchive.Mounts.INCLUDE, IdTranslation.shift(-1000));
      TreeArchive.extract(
          to,
          "/",
          new ByteArrayInputStream(tar.toByteArray()),
          IdTranslation.shift(100_000),
          UnpackLimits.DEFAULT);
    }

    assertThat(target.resolve("renamed/f")).hasContent("content");
    assertThat(Files.getAttribute(target.resolve("renamed/g"), "unix:nlink")).isEqualTo(2);
    assertThat(Files.getAttribute(target.resolve("renamed/f"), "unix:uid")).isEqualTo(100_234);
    assertThat(Files.readSymbolicLink(target.resolve("renamed/l")))
        .isEqualTo(Path.of("/etc/passwd"));
    assertThat(Files.getLastModifiedTime(target.resolve("renamed/l"), LinkOption.NOFOLLOW_LINKS))
        .isEqualTo(Files.getLastModifiedTime(source.resolve("l"), LinkOption.NOFOLLOW_LINKS));
  }
}
