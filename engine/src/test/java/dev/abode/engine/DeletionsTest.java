package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.Mounts;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeletionsTest {
  @TempDir Path folder;

  @Test
  void discardsAtOnce() throws Exception {
    Path tree = folder.resolve("a");
    Files.createDirectories(tree.resolve("b"));
    try (Deletions deletions = new Deletions()) {
      deletions.discard(tree);
      assertThat(tree).doesNotExist();
      // Another one of the same name, while the first may still be there.
      Files.createDirectories(tree.resolve("c"));
      deletions.discard(tree);
      deletions.discard(tree);
      assertThat(deletions.failures()).isEmpty();
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void tellsWhatItCannotDelete() throws Exception {
    Path mounted = Files.createDirectories(folder.resolve("tree/mounted"));
    Mounts.mount("none", mounted, "tmpfs", 0, "");
    Deletions deletions = new Deletions();
    try {
      deletions.add(folder.resolve("tree"));
      deletions.close();
      assertThat(deletions.failures())
          .singleElement()
          .asString()
          .contains(folder.resolve("tree").toString())
          .contains("findmnt");
    } finally {
      Mounts.unmount(mounted);
    }
  }
}
