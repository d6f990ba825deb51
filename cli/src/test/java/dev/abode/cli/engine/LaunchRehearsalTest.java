package dev.abode.cli.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.EngineOptions;
import dev.abode.linux.testing.Eventually;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
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

  /** What a killed rehearsal leaves running would be nobody's: its engine is not opened again. */
  @Test
  @Tag("slow")
  void endsWithAProcessThatIsKilled() throws Exception {
    Path root = folder.resolve("rehearsal");
    Process rehearsing =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Rehearsing.class.getName(),
                root.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      Eventually.until("it rehearses", () -> !shims(root).isEmpty());
    } finally {
      rehearsing.destroyForcibly().waitFor();
    }
    // Sooner than the half minute after which the held container ends anyway.
    long killed = System.nanoTime();
    Eventually.until("the rehearsal's containers end", () -> shims(root).isEmpty());
    assertThat(System.nanoTime() - killed).isLessThan(Duration.ofSeconds(28).toNanos());
    LaunchRehearsal.open(root).close();
    assertThat(root).doesNotExist();
  }

  /** Rehearses until it is killed. */
  static final class Rehearsing {
    private Rehearsing() {}

    public static void main(String[] arguments) throws IOException {
      try (LaunchRehearsal rehearsal = LaunchRehearsal.open(Path.of(arguments[0]))) {
        rehearsal.perform(Integer.MAX_VALUE, () -> false);
      }
    }
  }

  /** Supervisors of the rehearsal, by the path of their socket. */
  private static List<Path> shims(Path root) throws IOException {
    String mark = EngineOptions.at(root).run() + "/";
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        try {
          String words = Files.readString(process.resolve("cmdline"), ISO_8859_1);
          if (words.startsWith("abode-init") && words.contains(mark)) {
            found.add(process);
          }
        } catch (IOException e) {
          // It ended meanwhile.
        }
      }
    }
    return found;
  }
}
