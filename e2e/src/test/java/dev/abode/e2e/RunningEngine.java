package dev.abode.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.EngineOptions;
import dev.abode.linux.FileTree;
import dev.abode.linux.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * An engine for the tests of one class, with Alpine and busybox loaded. After the class everything
 * is removed, and nothing of the engine's may be left on the host; each test's containers are
 * removed after it.
 *
 * <pre>{@code
 * @RegisterExtension static final RunningEngine engine = new RunningEngine();
 * }</pre>
 */
@SuppressWarnings("NullAway.Init")
final class RunningEngine implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
  /** Names of the images that are there. */
  static final String ALPINE = "alpine:3.10";

  static final String BUSYBOX = "busybox:latest";

  private final Set<String> ids = new HashSet<>();
  private Path folder = Path.of("/");
  private EngineProcess process;
  private HostState before;

  private final boolean hostile;

  RunningEngine() {
    this(false);
  }

  private RunningEngine(boolean hostile) {
    this.hostile = hostile;
  }

  /** For tests with images that cannot be started, which the engine's log may then say. */
  static RunningEngine withHostileImages() {
    return new RunningEngine(true);
  }

  EngineProcess process() {
    return process;
  }

  Command docker(String... words) {
    return process.docker(words);
  }

  Command abode(String... words) {
    return process.abode(words);
  }

  /** A folder for the files of tests, gone after the class. */
  Path folder() {
    return folder;
  }

  private List<Path> marks() {
    return List.of(folder, EngineOptions.at(folder.resolve("root")).run());
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    folder = Files.createTempDirectory("abode-e2e-");
    before = HostState.of(marks(), Set.of());
    process = EngineProcess.start(folder);
    for (String archive : List.of("alpine-310.tar.gz", "busybox-docker.tar")) {
      Path file = TestImages.folder().resolve("docker-archive").resolve(archive);
      docker("load", "-i", file.toString()).ok();
    }
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    if (!process.isAlive()) {
      process.startAgain();
    }
    removeContainers();
  }

  /** Removes every container by force. */
  void removeContainers() throws IOException, InterruptedException {
    List<String> left = docker("ps", "-aq", "--no-trunc").ok().lines();
    ids.addAll(left);
    if (!left.isEmpty()) {
      List<String> words = new ArrayList<>(List.of("rm", "-f", "-v"));
      words.addAll(left);
      docker(words.toArray(String[]::new)).run();
    }
  }

  /** Notes the IDs of all containers there ever were, so that their traces can be looked for. */
  private void rememberAll() throws IOException, InterruptedException {
    // Until a moment to come: the client tells whole seconds only.
    ids.addAll(
        docker(
                "events",
                "--since",
                "24h",
                "--until",
                "-1s",
                "--filter",
                "event=create",
                "--format",
                "{{.Actor.ID}}")
            .ok()
            .lines());
  }

  /** What there is of this engine on the host right now. */
  HostState hostState() throws IOException {
    return HostState.of(marks(), ids);
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    String log = process.log();
    try {
      removeContainers();
      rememberAll();
      process.stop();
      before.awaitIn(this::hostState);
      if (!hostile) {
        assertThat(log).doesNotContain("Exception");
      }
    } finally {
      if (process.isAlive()) {
        process.kill();
      }
      // Refuses to cross a mount point, should one be left.
      FileTree.delete(folder);
      FileTree.delete(marks().getLast());
    }
  }
}
