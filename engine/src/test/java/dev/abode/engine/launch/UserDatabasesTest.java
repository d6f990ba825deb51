package dev.abode.engine.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.container.UserDatabase;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is remembered of an image must never be shown of an instance that has changed it. */
class UserDatabasesTest {
  private static final String IMAGE = "root:x:0:0::/root:/bin/sh\napp:x:7:7::/app:/bin/sh\n";
  private static final String CHANGED = "root:x:0:0::/root:/bin/sh\nother:x:7:7::/app:/bin/sh\n";

  @TempDir private Path folder;
  private final UserDatabases databases = new UserDatabases();
  private Path upper;
  private Path layer;

  @BeforeEach
  void makeImage() throws IOException {
    upper = Files.createDirectory(folder.resolve("upper"));
    layer = Files.createDirectory(folder.resolve("layer"));
    write(layer, "etc/passwd", IMAGE);
    write(layer, "etc/group", "root:x:0:\n");
    assertThat(nameOfSeven()).isEqualTo("app");
  }

  private static void write(Path root, String name, String content) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private String nameOfSeven() throws IOException {
    UserDatabase users = databases.of(upper, List.of(layer));
    return users.userName(7);
  }

  @Test
  void theImageIsReadOnce() throws IOException {
    Files.delete(layer.resolve("etc/passwd"));
    assertThat(nameOfSeven()).isEqualTo("app");
  }

  @Test
  void otherFilesOfAnInstanceChangeNothing() throws IOException {
    write(upper, "etc/hosts", "127.0.0.1 localhost\n");
    assertThat(nameOfSeven()).isEqualTo("app");
  }

  @Test
  void anInstanceHasTheUsersItHasWritten() throws IOException {
    write(upper, "etc/passwd", CHANGED);
    assertThat(nameOfSeven()).isEqualTo("other");
  }

  @Test
  void aFolderThatReplacedTheImagesHidesIt() throws IOException {
    Files.createDirectory(upper.resolve("etc"));
    assertThat(nameOfSeven()).isEqualTo("app");
    try (FileTree tree = FileTree.open(upper);
        FileTreeNode etc = tree.node("etc")) {
      etc.setAttribute("trusted.overlay.opaque", new byte[] {'y'});
    }
    assertThat(nameOfSeven()).isEqualTo("7");
  }

  @Test
  void aLinkInPlaceOfTheFolderIsFollowedInsideOnly() throws IOException {
    write(upper, "moved/passwd", CHANGED);
    Files.createSymbolicLink(upper.resolve("etc"), Path.of("/moved"));
    assertThat(nameOfSeven()).isEqualTo("other");
  }

  @Test
  void anImageWithLinksIsReadEachTime() throws IOException {
    Path linked = Files.createDirectory(folder.resolve("linked"));
    write(linked, "usr/etc/passwd", IMAGE);
    write(linked, "usr/etc/group", "root:x:0:\n");
    Files.createSymbolicLink(linked.resolve("etc"), Path.of("usr/etc"));
    assertThat(databases.of(upper, List.of(linked)).userName(7)).isEqualTo("app");
    write(upper, "usr/etc/passwd", CHANGED);
    assertThat(databases.of(upper, List.of(linked)).userName(7)).isEqualTo("other");
  }
}
