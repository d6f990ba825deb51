package dev.abode.cli;

import dev.abode.cli.command.EngineAddress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The command as people have it: processes of their own, a launcher that also starts the engine in
 * the background, and a root folder that nobody else uses.
 */
final class RunningEngine {
  static final String IMAGE = "alpine:3.10";

  private final Path folder;
  private final Path launcher;

  RunningEngine() throws IOException {
    // Not a @TempDir: images have links that lead out of it.
    folder = Files.createTempDirectory("abode-cli");
    launcher = folder.resolve("abode");
    Files.writeString(
        launcher,
        "#!/bin/sh\nexec '"
            + Path.of(System.getProperty("java.home"), "bin", "java")
            + "' --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '"
            + System.getProperty("java.class.path")
            + "' -Dabode.build=test -Dabode.launcher="
            + launcher
            + " dev.abode.cli.Main \"$@\"\n");
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
  }

  /** What a command printed and how it ended. */
  record Outcome(int status, String output, String errors) {}

  Path folder() {
    return folder;
  }

  Path launcher() {
    return launcher;
  }

  Outcome abode(String... words) throws IOException, InterruptedException {
    return abodeFed("", words);
  }

  Outcome abodeFed(String input, String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(words));
    Process process = start(command);
    try (var in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
    }
    return finish(process);
  }

  /** Has the engine's process run a question, as {@code ./abode} does; fails where it does not. */
  Outcome hosted(String... words) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of("target/abode-front").toAbsolutePath().toString(),
                "test",
                "/bin/false",
                "--",
                "-H",
                "unix://" + socket()));
    command.addAll(List.of(words));
    return finish(start(command));
  }

  private Path socket() {
    return EngineAddress.of(
            Optional.empty(), Map.of("ABODE_ROOT", folder.resolve("root").toString()))
        .socket();
  }

  /** Starts a command with the environment that leads to this engine. */
  Process start(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().remove("ABODE_HOST");
    builder.environment().remove("DOCKER_HOST");
    builder.environment().put("ABODE_ROOT", folder.resolve("root").toString());
    builder.environment().put("DOCKER_CONFIG", folder.resolve("docker").toString());
    return builder.start();
  }

  static Outcome finish(Process process) throws IOException, InterruptedException {
    StringBuilder errors = new StringBuilder();
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (InputStream in = process.getErrorStream()) {
                    errors.append(new String(in.readAllBytes(), StandardCharsets.UTF_8));
                  } catch (IOException broken) {
                    errors.append(broken);
                  }
                });
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError("the command did not end: " + output + errors);
    }
    reader.join();
    return new Outcome(process.exitValue(), output, errors.toString());
  }

  /** Removes every container, stops the engine, and deletes what it kept. */
  void close() throws IOException, InterruptedException {
    List<String> ids = abode("ps", "-aq").output().lines().toList();
    if (!ids.isEmpty()) {
      List<String> words = new ArrayList<>(List.of("rm", "-f"));
      words.addAll(ids);
      abode(words.toArray(String[]::new));
    }
    abode("engine", "stop");
    delete(folder);
    delete(socket().resolveSibling(""));
  }

  private static void delete(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    if (Files.readString(Path.of("/proc/self/mountinfo")).contains(" " + tree + "/")) {
      throw new AssertionError("something is mounted below " + tree);
    }
    try (Stream<Path> files = Files.walk(tree)) {
      // walk() follows no links.
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
