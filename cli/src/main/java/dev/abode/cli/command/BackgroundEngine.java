package dev.abode.cli.command;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/** Starts an engine that outlives this command. */
final class BackgroundEngine {
  /** Only root may look: the layers below hold set-user-ID programs with their natural owners. */
  private static final String ROOT_MODE = "rwx------";

  private BackgroundEngine() {}

  /**
   * Starts an engine and waits until it says that it is ready.
   *
   * @throws IOException if the address is not ours to start something at, or the engine ends
   *     instead
   */
  static void start(Session session) throws IOException {
    Path socket = session.address().socket();
    Optional<Path> root = session.address().root();
    if (root.isEmpty()) {
      throw new IOException(
          "no engine listens on "
              + socket
              + "; start one with: abode engine run --socket "
              + socket
              + " --root DIR");
    }
    Files.createDirectories(
        root.get(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(ROOT_MODE)));
    Path log = root.get().resolve("engine.log");
    session
        .err()
        .println("abode: no engine listens on " + socket + ", starting one (log in " + log + ")");

    // A session of its own: the terminal's Ctrl-C and hang-up are not for the engine. Its first
    // line on standard output says that it is ready, and its end that it never will be.
    Process engine =
        new ProcessBuilder(
                "setsid",
                launcher(),
                "engine",
                "run",
                "--root",
                root.get().toString(),
                "--socket",
                socket.toString())
            .directory(Path.of("/").toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    try (BufferedReader says =
        new BufferedReader(
            new InputStreamReader(engine.getInputStream(), StandardCharsets.UTF_8))) {
      if (says.readLine() == null) {
        throw new IOException(
            "the engine ended before it was ready; " + log + " ends with:\n" + end(log));
      }
    }
  }

  private static String launcher() throws IOException {
    String launcher = System.getProperty("abode.launcher", "");
    if (launcher.isEmpty()) {
      throw new IOException(
          "no engine listens, and this process does not know the abode program to start one with; "
              + "start it by hand: abode engine run");
    }
    return launcher;
  }

  private static String end(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
  }
}
