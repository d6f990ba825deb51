package dev.abode.engine.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("f");
  }

  @Test
  void anUpdateLeavesNothingOfWhatWasThere() throws IOException {
    for (int length : new int[] {1, 300, 20, 5000, 4097, 7, 4096, 0, 9000, 3}) {
      AtomicFile.update(file(), "x".repeat(length).getBytes(StandardCharsets.UTF_8));
      assertThat(Files.readString(file()).stripTrailing()).isEqualTo("x".repeat(length));
    }
  }

  @Test
  void anUpdateOfAPageKeepsTheFile() throws IOException {
    AtomicFile.update(file(), new byte[] {1});
    Object before = Files.getAttribute(file(), "unix:ino");
    AtomicFile.update(file(), new byte[] {2});
    assertThat(Files.getAttribute(file(), "unix:ino")).isEqualTo(before);
    assertThat(folder).isDirectoryContaining(path -> path.equals(file()));
  }
}
