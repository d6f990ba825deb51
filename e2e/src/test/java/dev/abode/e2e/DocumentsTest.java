package dev.abode.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.EngineOptions;
import dev.abode.linux.FileTree;
import dev.abode.linux.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Does what a reader of the documents does: types every shell block, in order, at the real {@code
 * ./abode}, and looks whether it prints what the document says (see {@link Document}).
 *
 * <p>The reader has a home, a working folder and an engine of their own, and the images that the
 * documents speak of, so that nothing has to be pulled from a registry. What a block exports is
 * there in the next one.
 */
@Tag("slow")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class DocumentsTest {
  private static final long SECONDS = 600;
  private static final Path CHECKOUT = checkout();

  private Path folder;
  private HostState before;

  private static Path checkout() {
    // Maven runs the tests of a module in its folder.
    return Path.of("..").toAbsolutePath().normalize();
  }

  static List<Path> documents() throws IOException {
    List<Path> all = new ArrayList<>(List.of(CHECKOUT.resolve("README.md")));
    try (Stream<Path> docs = Files.list(CHECKOUT.resolve("docs"))) {
      docs.filter(file -> file.toString().endsWith(".md")).sorted().forEach(all::add);
    }
    return all;
  }

  @BeforeAll
  void makeTheReadersHome() throws Exception {
    folder = Files.createTempDirectory("abode-reader-");
    before = HostState.of(marks(), Set.of());
    Files.createDirectories(folder.resolve("bin"));
    Files.createDirectories(folder.resolve("home"));
    Files.createDirectories(folder.resolve("work"));
    for (String link : List.of("bin/abode", "work/abode")) {
      Files.createSymbolicLink(folder.resolve(link), CHECKOUT.resolve("abode"));
    }
    Path archives = TestImages.folder().resolve("docker-archive");
    succeed("abode load -qi " + archives.resolve("alpine-310.tar.gz"));
    succeed("abode tag alpine:3.10 alpine");
    succeed("abode load -qi " + archives.resolve("busybox-docker.tar"));
  }

  private List<Path> marks() {
    return List.of(folder, EngineOptions.at(folder.resolve("root")).run());
  }

  @ParameterizedTest
  @MethodSource("documents")
  void everyBlockDoesWhatTheDocumentSays(Path file) throws Exception {
    for (Document.Block block : Document.read(file).blocks()) {
      if (block.fate() == Document.Fate.NOT_RUN) {
        continue;
      }
      String place = CHECKOUT.relativize(file) + ":" + block.line();
      Typed typed = type(block.script());
      assertThat(typed.status() != 0)
          .as("%s fails:\n%s\nprinted:\n%s", place, block.script(), typed.printed())
          .isEqualTo(block.fate() == Document.Fate.FAILS);
      assertThat(block.describes(typed.printed()))
          .as("%s prints what is shown:\n%s\nprinted:\n%s", place, block, typed.printed())
          .isTrue();
    }
  }

  @AfterEach
  void takeAwayWhatTheDocumentMade() throws Exception {
    Files.deleteIfExists(folder.resolve("exports"));
    succeed("all=$(abode ps -aq); test -z \"$all\" || abode rm -f -v $all");
    succeed("abode network prune -f; abode volume prune -f -a");
  }

  @AfterAll
  void leaveNothing() throws Exception {
    try {
      succeed("abode engine stop");
      before.awaitIn(() -> HostState.of(marks(), Set.of()));
      assertThat(Files.readString(folder.resolve("root/engine.log"))).doesNotContain("Exception");
    } finally {
      // Refuses to cross a mount point, should one be left.
      FileTree.delete(folder);
      FileTree.delete(marks().getLast());
    }
  }

  /** What came of a block: its exit status, and both its streams as a terminal shows them. */
  private record Typed(int status, String printed) {}

  private void succeed(String line) throws Exception {
    Typed typed = type(line + "\n");
    assertThat(typed.status()).as("%s printed:\n%s", line, typed.printed()).isZero();
  }

  private Typed type(String block) throws Exception {
    Path exports = folder.resolve("exports");
    Path printed = folder.resolve("printed");
    // The shell stops at the first command that fails, so the status is that command's.
    String script =
        "test ! -e %1$s || . %1$s\nset -e\n%2$s\ndeclare -px >%1$s\n".formatted(exports, block);
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", script)
            .directory(folder.resolve("work").toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile());
    builder.environment().keySet().removeAll(Set.of("DOCKER_HOST", "ABODE_HOST", "DOCKER_CONFIG"));
    builder.environment().put("HOME", folder.resolve("home").toString());
    builder.environment().put("ABODE_ROOT", folder.resolve("root").toString());
    builder.environment().put("DOCKER_CLI_HINTS", "false");
    builder
        .environment()
        .merge("PATH", folder.resolve("bin").toString(), (path, bin) -> bin + ":" + path);
    Process process = builder.start();
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new AssertionError(
          "did not end in " + SECONDS + " s:\n" + block + Files.readString(printed));
    }
    return new Typed(process.exitValue(), new String(Files.readAllBytes(printed), UTF_8));
  }
}
