package dev.abode.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FileTreeTest {
  @TempDir Path folder;
  private Path root;
  private Path outside;
  private FileTree tree;

  @BeforeEach
  void open() throws IOException {
    root = Files.createDirectory(folder.resolve("root"));
    outside = Files.createDirectory(folder.resolve("outside"));
    Files.writeString(outside.resolve("secret"), "secret");
    tree = FileTree.open(root);
  }

  @AfterEach
  void theOutsideIsAsItWas() {
    tree.close();
    assertThat(outside.resolve("secret")).hasContent("secret");
    assertThat(outside.toFile().list()).containsExactly("secret");
  }

  private static int errno(Throwable thrown) {
    return ((KernelException) thrown).errno();
  }

  private static void write(FileTree tree, String path, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (FileTreeFile file = tree.create(path, 0644)) {
      file.write(bytes, 0, bytes.length, 0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../outside/secret", "/../outside/secret", "up/outside/secret", "abs/secret"})
  void noPathLeadsOut(String path) throws IOException {
    tree.makeSymbolicLink("up", "..");
    tree.makeSymbolicLink("abs", outside.toString());

    assertThatThrownBy(() -> tree.read(path))
        .isInstanceOf(KernelException.class)
        .satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.ENOENT));
    assertThatThrownBy(() -> tree.create(path + "2", 0600)).isInstanceOf(KernelException.class);
    assertThatThrownBy(() -> tree.makeDirectory(path + "2", 0700))
        .isInstanceOf(KernelException.class);
    assertThatThrownBy(() -> tree.makeHardLink("stolen", path)).isInstanceOf(KernelException.class);
    assertThat(tree.status(path)).isEmpty();
  }

  @Test
  void linksInsideAreFollowedInside() throws IOException {
    tree.makeDirectory("real", 0755);
    tree.makeSymbolicLink("link", "/real");
    write(tree, "link/file", "text");

    assertThat(root.resolve("real/file")).hasContent("text");
    assertThat(tree.statusWithoutLinks("link/file")).isEmpty();
    assertThat(tree.statusWithoutLinks("real/file")).isPresent();
    assertThat(tree.statusWithoutLinks("link"))
        .hasValueSatisfying(s -> assertThat(s.kind()).isEqualTo(FileTreeStatus.Kind.SYMBOLIC_LINK));
  }

  @Test
  void theLastLinkIsNotFollowed() throws IOException {
    Files.writeString(root.resolve("file"), "text");
    tree.makeSymbolicLink("link", "file");

    assertThatThrownBy(() -> tree.read("link"))
        .satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.ELOOP));
    assertThatThrownBy(() -> tree.create("link", 0600))
        .satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.EEXIST));
    try (FileTreeFile file = tree.readResolved("link")) {
      assertThat(file.input(0).readAllBytes()).hasSize(4);
    }
    try (FileTreeNode link = tree.node("link")) {
      link.chown(7, 8);
      link.times(Instant.EPOCH, Instant.ofEpochSecond(5, 123_456_789));
      assertThat(link.readLink()).isEqualTo("file");
      assertThat(link.status().uid()).isEqualTo(7);
      assertThat(link.status().modified()).isEqualTo(Instant.ofEpochSecond(5, 123_456_789));
      assertThatThrownBy(() -> link.chmod(0600)).isInstanceOf(KernelException.class);
    }
    assertThat(tree.status("file").orElseThrow().uid()).isZero();
  }

  @Test
  void namesThatAreNotUtf8SurviveARoundTrip() throws IOException {
    for (byte[] name :
        List.of(
            new byte[] {'a', (byte) 0xff, 'b'},
            new byte[] {(byte) 0xc3},
            new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
            new byte[] {(byte) 0xf0, (byte) 0x9f, (byte) 0x98, (byte) 0x80},
            "größe".getBytes(StandardCharsets.UTF_8),
            "größe".getBytes(StandardCharsets.ISO_8859_1))) {
      String text = FileTreeNames.decode(name);
      assertThat(FileTreeNames.encode(text)).isEqualTo(name);
      write(tree, text, "x");
      assertThat(tree.list("")).containsExactly(text);
      tree.remove(text);
    }
    Random random = new Random(9);
    for (int i = 0; i < 5000; i++) {
      byte[] name = new byte[1 + random.nextInt(12)];
      random.nextBytes(name);
      for (int j = 0; j < name.length; j++) {
        name[j] = name[j] == 0 ? 1 : name[j];
      }
      assertThat(FileTreeNames.encode(FileTreeNames.decode(name))).isEqualTo(name);
    }
    assertThatThrownBy(() -> tree.status("a\0b")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void attributesAreBytes() throws IOException {
    write(tree, "file", "");
    byte[] value = {0, 1, 2, (byte) 0xff, 0};
    try (FileTreeNode node = tree.node("file")) {
      node.setAttribute("user.a", value);
      node.setAttribute("trusted.b", new byte[0]);
      assertThat(node.attributes()).containsOnlyKeys("user.a", "trusted.b");
      assertThat(node.attribute("user.a")).hasValue(value);
      node.removeAttribute("user.a");
      assertThat(node.attribute("user.a")).isEmpty();
    }
  }

  @Test
  void devicesAndHolesAreWhatTheyAre() throws IOException {
    tree.makeNode(
        "d", FileTreeStatus.Kind.CHARACTER_DEVICE, 0600, new FileTreeStatus.Device(300, 70_000));
    tree.makeNode("w", FileTreeStatus.Kind.CHARACTER_DEVICE, 0, new FileTreeStatus.Device(0, 0));
    tree.makeNode("p", FileTreeStatus.Kind.FIFO, 0644, new FileTreeStatus.Device(0, 0));
    assertThat(tree.status("d").orElseThrow().represents())
        .isEqualTo(new FileTreeStatus.Device(300, 70_000));
    assertThat(tree.status("w").orElseThrow().isWhiteout()).isTrue();
    // A fifo without a writer would block a reader for ever.
    assertThatThrownBy(() -> tree.read("p"))
        .satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.EINVAL));
    try (FileTreeFile file = tree.create("sparse", 0600)) {
      file.write(new byte[] {1, 2, 3}, 0, 3, 1 << 20);
      file.resize(8 << 20);
      assertThat(file.extents()).hasSize(1);
      assertThat(file.extents().getFirst().offsetBytes()).isLessThanOrEqualTo(1 << 20);
      assertThat(file.status().allocatedBytes()).isLessThan(1 << 20);
    }
    try (FileTreeFile file = tree.create("hole", 0600)) {
      file.resize(1 << 20);
      assertThat(file.extents()).isEmpty();
    }
  }

  @Test
  void aLargeFileIsWrittenAndReadWhole() throws IOException {
    byte[] content = new byte[1_000_003];
    new Random(1).nextBytes(content);
    try (FileTreeFile file = tree.create("large", 0600)) {
      file.write(content, 0, content.length, 0);
      assertThat(file.input(0).readAllBytes()).isEqualTo(content);
    }
  }

  @Test
  void aManyNamedFolderIsListedWhole() throws IOException {
    for (int i = 0; i < 6000; i++) {
      write(tree, "a-rather-long-name-of-a-file-" + i, "");
    }
    assertThat(tree.list("/")).hasSize(6000).isSorted();
  }

  @Test
  void deletingFollowsNoLink() throws IOException {
    tree.makeDirectory("d", 0755);
    tree.makeSymbolicLink("d/link", outside.toString());
    tree.makeSymbolicLink("d/up", "../../outside");
    tree.makeSymbolicLink("link", outside.toString());

    tree.deleteRecursively("d");
    tree.deleteRecursively("link");
    tree.deleteRecursively("nothing");

    assertThat(root).isEmptyDirectory();
  }

  @Test
  void deletingCrossesNoMount() throws Exception {
    Files.createDirectories(root.resolve("a/mounted"));
    Files.writeString(root.resolve("a/file"), "");
    Files.writeString(root.resolve("a/mounted-file"), "");
    run("mount", "--bind", outside.toString(), root.resolve("a/mounted").toString());
    try {
      assertThatThrownBy(() -> tree.deleteRecursively("a"))
          .isInstanceOf(KernelException.class)
          .satisfies(e -> assertThat(errno(e)).isIn(Errno.EXDEV, Errno.EBUSY));
      assertThatThrownBy(() -> FileTree.delete(root)).isInstanceOf(KernelException.class);
      assertThatThrownBy(() -> tree.deleteRecursively("a/mounted"))
          .isInstanceOf(KernelException.class);
      assertThat(outside.resolve("secret")).hasContent("secret");
    } finally {
      run("umount", root.resolve("a/mounted").toString());
    }
    tree.deleteRecursively("a");
    assertThat(root).isEmptyDirectory();
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  @Test
  void anAbyssIsDeleted() throws IOException {
    FileTree at = tree;
    for (int i = 0; i < 3000; i++) {
      at.makeDirectory("deep", 0755);
      FileTree below = at.subtree("deep");
      if (i % 500 == 0) {
        write(below, "file", "x");
      }
      if (at != tree) {
        at.close();
      }
      at = below;
    }
    at.close();

    tree.deleteContents();

    assertThat(root).isEmptyDirectory();
  }

  @Test
  void whoSwapsFoldersForLinksGainsNothing() throws Exception {
    tree.makeDirectory("real", 0755);
    AtomicBoolean done = new AtomicBoolean();
    Thread attacker =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (FileTree own = FileTree.open(root)) {
                    own.makeDirectory("dir", 0755);
                    own.makeSymbolicLink("evil", outside.toString());
                    while (!done.get()) {
                      own.rename("dir", "spare");
                      own.rename("evil", "dir");
                      own.rename("dir", "evil");
                      own.rename("spare", "dir");
                    }
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                });
    try {
      for (int i = 0; i < 20_000; i++) {
        try {
          write(tree, "dir/planted", "x");
          tree.remove("dir/planted");
        } catch (KernelException e) {
          // The name was a link, or nothing, at that moment.
          assertThat(e.errno()).isIn(Errno.ENOENT, Errno.EEXIST, Errno.ENOTDIR);
        }
        assertThatThrownBy(() -> tree.read("dir/secret")).isInstanceOf(KernelException.class);
      }
    } finally {
      done.set(true);
      attacker.join();
    }
  }
}
