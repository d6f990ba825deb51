package dev.abode.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.cli.RunningEngine.Outcome;
import dev.abode.linux.testing.Eventually;
import dev.abode.linux.testing.TestImages;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The command with an engine of its own, each verb in a JVM, as people type it. */
abstract class CommandCase {

  static RunningEngine engine;
  static Outcome firstUse;

  @BeforeAll
  static void open() throws Exception {
    engine = new RunningEngine();
    firstUse =
        engine.abode(
            "load",
            "-i",
            TestImages.folder().resolve("docker-archive/alpine-310.tar.gz").toString());
  }

  @AfterAll
  static void close() throws Exception {
    engine.close();
  }

  static Outcome abode(String... words) throws IOException, InterruptedException {
    return engine.abode(words);
  }

  static String ok(String... words) throws IOException, InterruptedException {
    Outcome outcome = engine.abode(words);
    assertThat(outcome.status()).as(outcome.toString()).isZero();
    return outcome.output().strip();
  }

  static Outcome run(String... command) throws IOException, InterruptedException {
    String[] words = new String[command.length + 5];
    System.arraycopy(
        new String[] {"run", "--rm", "--network", "none", RunningEngine.IMAGE}, 0, words, 0, 5);
    System.arraycopy(command, 0, words, 5, command.length);
    return abode(words);
  }

  /** A container that stays, and its name. */
  static String background(String name) throws Exception {
    ok(
        "run",
        "-d",
        "--network",
        "none",
        "--name",
        name,
        RunningEngine.IMAGE,
        "sh",
        "-c",
        "echo ready; exec sleep 1000");
    Eventually.until("it is ready", () -> ok("logs", name).equals("ready"));
    return name;
  }
}
