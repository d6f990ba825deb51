package dev.abode.cli.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.EngineOptions;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LaunchRehearsalTest {
  @TempDir private Path folder;

  @Test
  void leavesNothingBehind() throws IOException {
    Path root = folder.resolve("rehearsal");
    try (LaunchRehearsal rehearsal = LaunchRehearsal.open(root)) {
      rehearsal.perform(3, () -> false);
    }
    assertThat(root).doesNotExist();
    assertThat(EngineOptions.at(root).run()).doesNotExist();
  }

  @Test
  void endsWhenTheEngineDoes() throws IOException {
    Path root = folder.resolve("rehearsal");
    WarmUp warmUp = WarmUp.begin(root);
    warmUp.close();
    assertThat(root).doesNotExist();
  }
}
