package dev.abode.docker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.Engine;
import dev.abode.engine.EngineOptions;
import dev.abode.engine.Instance;
import dev.abode.image.Progress;
import dev.abode.image.RegistryOptions;
import dev.abode.linux.testing.TestImages;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real engine with one real image, {@code alpine:3.10}, and the API in front of it. */
final class TestEngine {
  static final String IMAGE = "alpine:3.10";

  private final Path folder;
  private final Path socket;
  private final Engine engine;
  private final DockerApi api;

  TestEngine() throws IOException {
    // Not a @TempDir: JUnit warns of each of an image's links that lead out of the folder.
    folder = Files.createTempDirectory("abode-api");
    socket = folder.resolve("s");
    engine =
        Engine.open(
            new EngineOptions(
                folder.resolve("root"), folder.resolve("run"), RegistryOptions.DEFAULT));
    try (InputStream archive =
        Files.newInputStream(TestImages.folder().resolve("docker-archive/alpine-310.tar.gz"))) {
      engine.images().load(archive, Progress.NONE);
    }
    api = DockerApi.serve(engine, socket);
  }

  Path socket() {
    return socket;
  }

  Engine engine() {
    return engine;
  }

  /** What a command printed and how it ended. */
  record Outcome(int exitCode, String output, String errors) {
    /** The output, if it ended well. */
    String ok() {
      assertThat(exitCode).as("%s%s", output, errors).isZero();
      return output.strip();
    }
  }

  /** Runs the docker CLI against this engine. */
  Outcome docker(String... arguments) throws IOException, InterruptedException {
    return dockerWithInput("", arguments);
  }

  Outcome dockerWithInput(String input, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("docker"));
    command.addAll(List.of(arguments));
    Process process = start(command);
    return finish(process, input);
  }

  Process start(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("DOCKER_HOST", "unix://" + socket);
    builder.environment().put("DOCKER_CONFIG", socket.resolveSibling("docker").toString());
    return builder.start();
  }

  static Outcome finish(Process process, String input) throws IOException, InterruptedException {
    StringBuilder errors = new StringBuilder();
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (InputStream in = process.getErrorStream()) {
                    errors.append(new String(in.readAllBytes(), StandardCharsets.UTF_8));
                  } catch (IOException e) {
                    errors.append(e);
                  }
                });
    Thread writer =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (var in = process.getOutputStream()) {
                    in.write(input.getBytes(StandardCharsets.UTF_8));
                  } catch (IOException e) {
                    // It ended without reading all of it, which is its right.
                  }
                });
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError("the command did not end: " + output);
    }
    writer.join();
    reader.join();
    return new Outcome(process.exitValue(), output, errors.toString());
  }

  /** Removes everything that was made. */
  void close() throws IOException, InterruptedException {
    for (Instance instance : engine.instances()) {
      instance.remove(true, true);
    }
    api.close();
    engine.close();
    String mounts = Files.readString(Path.of("/proc/self/mountinfo"));
    assertThat(mounts).as("nothing may be mounted below it").doesNotContain(folder.toString());
    try (Stream<Path> files = Files.walk(folder)) {
      // walk() follows no links.
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
