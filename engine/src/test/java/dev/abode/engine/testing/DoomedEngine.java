package dev.abode.engine.testing;

import dev.abode.engine.Engine;
import dev.abode.engine.EngineOptions;
import dev.abode.engine.Instance;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A process that opens an engine to do one thing with a snapshot, in the middle of which it is
 * killed. Arguments: the root folder, the ID of an instance, what to do, the snapshot's name, and
 * the file, if any, whose appearance is its end. It prints its process id first, and {@value #DONE}
 * if it lives for so long.
 */
public final class DoomedEngine {
  private static final String DONE = "done";

  private DoomedEngine() {}

  /**
   * Where it is killed.
   *
   * @param calls system calls, of which one or the other is made
   * @param path of which file, as it is given to the call
   * @param when at the how many-th such call of one thread: before it does anything
   */
  public record Moment(String calls, Path path, int when) {
    static final String RENAME = "?rename,?renameat,?renameat2";
    static final String EXCHANGE = "?renameat2";
    static final String REMOVE = "?unlink,?unlinkat";

    /** When it opens that file for that time. */
    public static Moment open(Path path, int when) {
      return new Moment("openat", path, when);
    }

    /** When it renames that file. */
    public static Moment rename(Path path) {
      return new Moment(RENAME, path, 1);
    }

    /** When it gives two names in that folder to each other's files. */
    public static Moment exchange(Path folder) {
      return new Moment(EXCHANGE, folder, 1);
    }

    /** When it removes that file. */
    public static Moment remove(Path path) {
      return new Moment(REMOVE, path, 1);
    }
  }

  public static void main(String[] arguments) throws Exception {
    Engine engine = Engine.open(EngineOptions.at(Path.of(arguments[0])));
    Instance instance = engine.instance(arguments[1]);
    Optional<String> snapshot = Optional.of(arguments[3]);
    System.out.println(ProcessHandle.current().pid());
    if (arguments.length > 4) {
      Path last = Path.of(arguments[4]);
      Thread.ofPlatform().start(() -> endWith(last));
    }
    try {
      switch (arguments[2]) {
        case "create" -> instance.snapshot(snapshot);
        case "restore" -> instance.restore(snapshot);
        case "clone" -> instance.cloneFrom(snapshot, Optional.of("second"));
        default -> throw new IllegalArgumentException(arguments[2]);
      }
      System.out.println(DONE);
    } catch (IOException | RuntimeException e) {
      System.out.println("failed: " + e);
    }
    // Whatever else runs in it, that is its end.
    Runtime.getRuntime().halt(1);
  }

  /** As abrupt as SIGKILL: nothing of the process runs any more, not even what closes things. */
  private static void endWith(Path file) {
    while (!Files.exists(file)) {
      Thread.onSpinWait();
    }
    Runtime.getRuntime().halt(1);
  }

  private static List<String> java(Path root, Instance instance, String verb, String snapshot) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-Xmx256m",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        DoomedEngine.class.getName(),
        root.toString(),
        instance.id(),
        verb,
        snapshot);
  }

  /**
   * Runs one that ends when {@code file} appears, which somebody else makes: what it waits for then
   * goes on without it. Nobody else may have the root folder meanwhile.
   *
   * @throws AssertionError if it has done what it was to do before
   */
  public static void endWith(Path file, Path root, Instance instance, String verb, String snapshot)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(java(root, instance, verb, snapshot));
    command.add(file.toString());
    Process engine =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    engine.waitFor();
    try (InputStream said = engine.getInputStream()) {
      line(said);
      if (said.available() > 0) {
        throw new AssertionError("it came to its end before there was " + file);
      }
    }
  }

  /**
   * Runs one and kills it at that moment. Nobody else may have the root folder meanwhile.
   *
   * @throws AssertionError if that moment does not come
   */
  public static void kill(Moment moment, Path root, Instance instance, String verb, String snapshot)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "strace",
                "-f",
                "-qq",
                // Ends when it is told to, though it was given a command and a file.
                "-I2",
                "-o",
                "/dev/null",
                "-P",
                moment.path().toString(),
                "-e",
                "trace=" + moment.calls(),
                "-e",
                "inject=" + moment.calls() + ":signal=KILL:when=" + moment.when()));
    command.addAll(java(root, instance, verb, snapshot));
    Process strace =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    // What a killed engine has launched lives on, and strace with it until it is told to leave.
    try (InputStream said = strace.getInputStream()) {
      String pid = line(said);
      ProcessHandle.of(Long.parseLong(pid)).ifPresent(engine -> engine.onExit().join());
      // Process.destroy would close the stream that is still read.
      strace.toHandle().destroy();
      strace.waitFor();
      String more = line(said);
      if (!more.isEmpty()) {
        throw new AssertionError("it came to its end before " + moment + ": " + more);
      }
    }
  }

  private static String line(InputStream from) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = from.read(); next >= 0 && next != '\n'; next = from.read()) {
      line.append((char) next);
    }
    return line.toString();
  }
}
