package dev.abode.engine.criu;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.patience.Watchdog;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The saving of processes, which stand still meanwhile and go on afterwards.
 *
 * <p>criu waits between the saving and the going on for a line, or for the end of its standard
 * input: so whatever happens to the engine, the processes go on.
 *
 * @param pid the first process of a container, as the host numbers it
 * @param freezer the control group with all its processes, if this host has one
 * @param mounts paths in the container of mounts that are not criu's to make again
 * @param leftOut the path of a mount that is not to be saved at all
 * @param terminal whether its streams are a terminal whose master somebody else has
 */
public record ProcessDump(
    Path criu,
    int pid,
    Optional<Path> freezer,
    List<String> mounts,
    Optional<String> leftOut,
    boolean terminal) {
  private static final String LOG = "dump.log";
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /** Of a file that is deleted and still open. */
  private static final long MAX_DELETED_BYTES = 64L << 20;

  private static final String SCRIPT = "moment";

  /** Run by criu at several moments: at the one that matters it speaks, and waits. */
  private static final String SCRIPT_TEXT =
      """
      #!/bin/sh
      [ "$CRTOOLS_SCRIPT_ACTION" = post-dump ] || exit 0
      echo saved > /proc/$PPID/fd/1
      read -r go < /proc/$PPID/fd/0
      exit 0
      """;

  public ProcessDump {
    mounts = List.copyOf(mounts);
  }

  /** What is done while the processes stand still. */
  @FunctionalInterface
  public interface Meanwhile {
    void run() throws IOException;
  }

  /**
   * Saves them into {@code images}.
   *
   * @throws EngineException UNSUPPORTED with criu's reasons when they hold what cannot be saved;
   *     they go on
   */
  public void save(Path images, String name, Meanwhile meanwhile) throws IOException {
    Path script = images.resolve(SCRIPT);
    Files.writeString(script, SCRIPT_TEXT);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    Process process =
        new ProcessBuilder(command(images))
            .directory(images.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    boolean well;
    try (BufferedReader said =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      well = isSaved(process, said);
      try {
        if (well) {
          meanwhile.run();
        }
      } finally {
        process.getOutputStream().close();
        well &= process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) && process.exitValue() == 0;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while criu saved " + name, e);
    }
    if (!well) {
      throw new EngineException(
          Kind.UNSUPPORTED,
          "the processes of "
              + name
              + " cannot be saved, criu says: "
              + CriuErrors.in(images.resolve(LOG))
              + "; end what uses that, or stop "
              + name
              + " first, so that its files can");
    }
    Files.deleteIfExists(images.resolve(LOG));
    Files.deleteIfExists(script);
  }

  /**
   * Whether criu comes to the moment at which all is saved; one that does not in time is killed.
   */
  private static boolean isSaved(Process criu, BufferedReader said) throws IOException {
    try (Watchdog _ = Watchdog.over("criu-patience", PATIENCE, criu::destroyForcibly)) {
      return "saved".equals(said.readLine());
    }
  }

  private List<String> command(Path images) {
    List<String> command =
        new ArrayList<>(
            List.of(
                criu.toString(),
                "dump",
                "--tree",
                Integer.toString(pid),
                "--images-dir",
                images.toString(),
                "--log-file",
                LOG,
                "-v1",
                "--leave-running",
                "--manage-cgroups=ignore",
                "--network-lock",
                "skip",
                "--tcp-close",
                "--file-locks",
                "--empty-ns",
                "net",
                "--ghost-limit",
                Long.toString(MAX_DELETED_BYTES),
                "--action-script",
                images.resolve(SCRIPT).toString()));
    freezer.ifPresent(
        folder -> {
          command.add("--freeze-cgroup");
          command.add(folder.toString());
        });
    for (String mount : mounts) {
      command.add("--external");
      command.add("mnt[" + mount + "]:" + mount);
    }
    leftOut.ifPresent(
        mount -> {
          command.add("--skip-mnt");
          command.add(mount);
        });
    if (terminal) {
      command.add("--shell-job");
    }
    return command;
  }
}
