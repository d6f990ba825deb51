package dev.abode.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.SharedImages;
import dev.abode.engine.testing.TestEngine;
import dev.abode.image.Reference;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The README's example in Java compiles, since it is here, and does what the README says. */
class ReadmeExampleTest {

  private static void example(Path root, PrintStream out) throws Exception {
    // README: begin
    try (Engine engine = Engine.open(EngineOptions.at(root))) {
      Instance hello = engine.create(InstanceSpec.of("alpine:3.10", "echo", "hello"));
      try (Attachment output = hello.attach(false, true, true)) {
        hello.start();
        for (var piece = output.read(); piece.isPresent(); piece = output.read()) {
          out.print(UTF_8.decode(piece.get().bytes()));
        }
      }
      out.println("exit status " + hello.await(WaitCondition.NOT_RUNNING).exitCode());
      hello.remove(false, false);
    }
    // README: end
  }

  @Test
  void printsWhatTheReadmePromises() throws Exception {
    try (TestEngine test = TestEngine.open()) {
      String alpine = SharedImages.loadAlpine(test.engine().images());
      test.engine().images().tag(alpine, Reference.parse("alpine:3.10"));
      test.engine().close();
      ByteArrayOutputStream printed = new ByteArrayOutputStream();
      try (PrintStream out = new PrintStream(printed, true, UTF_8)) {
        example(test.root(), out);
      }
      assertThat(printed.toString(UTF_8)).isEqualTo("hello\nexit status 0\n");
      test.reopen();
    }
  }

  @Test
  void isWhatTheReadmeShows() throws Exception {
    Path source = above("engine/src/test/java/dev/abode/engine/ReadmeExampleTest.java");
    String here = Files.readString(source);
    String code =
        here.substring(
            here.indexOf('\n', here.indexOf("// README: " + "begin")) + 1,
            here.lastIndexOf('\n', here.indexOf("// README: " + "end")));
    String shown = code.lines().map(line -> line.substring(4)).collect(Collectors.joining("\n"));
    assertThat(Files.readString(above("README.md"))).contains("```java\n" + shown + "\n```");
  }

  private static Path above(String name) {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    throw new AssertionError("no " + name + " here or above");
  }
}
