package dev.abode.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The engine as a process of its own, started from the class path of the tests, and the two
 * command-line clients that talk to it.
 */
final class EngineProcess {
  private final Path root;
  private final Path socket;
  private final Path log;
  private Process process;

  private EngineProcess(Path root, Path socket, Path log) throws IOException {
    this.root = root;
    this.socket = socket;
    this.log = log;
    this.process = launch();
  }

  /** Starts one on {@code folder/root} and waits until it says that it is ready. */
  static EngineProcess start(Path folder) throws IOException {
    EngineProcess engine =
        new EngineProcess(
            folder.resolve("root"), folder.resolve("sock"), folder.resolve("engine.log"));
    engine.awaitReady();
    return engine;
  }

  private Process launch() throws IOException {
    List<String> words = new ArrayList<>(abodeWords());
    words.addAll(
        List.of(
            "engine", "run", "--cold", "--root", root.toString(), "--socket", socket.toString()));
    return new ProcessBuilder(words)
        .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
  }

  private static List<String> abodeWords() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-Xmx256m",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        "dev.abode.cli.Main");
  }

  private void awaitReady() throws IOException {
    BufferedReader out = process.inputReader(UTF_8);
    String line = out.readLine();
    if (line == null || !line.contains("ready")) {
      process.destroyForcibly();
      throw new AssertionError(
          "the engine said \"" + line + "\" instead of being ready; its log: " + log());
    }
  }

  /** Ends it as a crash or the OOM killer would: nothing of it runs any more. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Ends it in order; workloads go on. */
  void stop() throws InterruptedException {
    process.destroy();
    process.waitFor();
  }

  /** Starts the next one on the same root. */
  void startAgain() throws IOException {
    process = launch();
    awaitReady();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  Path root() {
    return root;
  }

  Path socket() {
    return socket;
  }

  String dockerHost() {
    return "unix://" + socket;
  }

  /** What it said on standard error. */
  String log() throws IOException {
    return Files.exists(log) ? Files.readString(log) : "";
  }

  /** A command line of the unmodified docker client. */
  Command docker(String... words) {
    List<String> all = new ArrayList<>(List.of("docker"));
    all.addAll(Arrays.asList(words));
    return Command.of(clientEnvironment(), all);
  }

  /** A command line of our own client. */
  Command abode(String... words) {
    List<String> all = new ArrayList<>(abodeWords());
    all.addAll(List.of("--host", dockerHost()));
    all.addAll(Arrays.asList(words));
    return Command.of(clientEnvironment(), all);
  }

  /** The docker client finds no configuration of whoever runs the tests. */
  Map<String, String> clientEnvironment() {
    return Map.of(
        "DOCKER_HOST",
        dockerHost(),
        "DOCKER_CONFIG",
        root.resolveSibling("docker-config").toString(),
        "DOCKER_CLI_HINTS",
        "false");
  }
}
