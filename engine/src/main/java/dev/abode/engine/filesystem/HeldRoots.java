package dev.abode.engine.filesystem;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Shim;
import dev.abode.init.ShimEvent;
import dev.abode.init.Step;
import dev.abode.linux.Errno;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/**
 * Shims that do nothing but keep a root file system mounted. One lives as long as the operation
 * that needs it; one whose engine died is ended by the next engine.
 */
public final class HeldRoots {
  private static final int SIGKILL = 9;

  private HeldRoots() {}

  /**
   * Ends every shim that holds a root in {@code sockets}, a folder that {@link RootSource.Stopped}
   * was given; for an engine that starts. Nothing to do when the folder is missing.
   */
  public static void sweep(Path sockets) throws IOException {
    if (!Files.isDirectory(sockets)) {
      return;
    }
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(sockets)) {
      for (Path folder : folders) {
        try (Shim shim = Shim.connect(folder.resolve("s"))) {
          end(shim);
        } catch (IOException e) {
          // Nobody listens there any more, so nothing is held.
        }
        remove(folder);
      }
    }
  }

  /** A shim that has its root mounted. */
  record Held(Shim shim, int pid, long startTicks, Path folder) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      try (shim) {
        end(shim);
      } finally {
        remove(folder);
      }
    }
  }

  static Held hold(RootSource.Stopped source) throws IOException {
    Files.createDirectories(source.sockets());
    Path folder = source.sockets().resolve(UUID.randomUUID().toString().substring(0, 8));
    Files.createDirectory(folder);
    try {
      Shim shim = source.binary().spawn(source.plan(), folder.resolve("s"));
      try {
        shim.start();
        return started(shim, source.plan(), folder);
      } catch (IOException | RuntimeException e) {
        try (shim) {
          end(shim);
        } catch (IOException ending) {
          e.addSuppressed(ending);
        }
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      remove(folder);
      throw e;
    }
  }

  private static Held started(Shim shim, LaunchPlan plan, Path folder) throws IOException {
    while (true) {
      switch (shim.next()) {
        case ShimEvent.Started started -> {
          return new Held(shim, started.pid(), started.startTicks(), folder);
        }
        case ShimEvent.Failed failed ->
            throw new EngineException(
                Kind.INTERNAL,
                "cannot mount the root file system of a stopped instance: "
                    + step(plan, failed)
                    + ": "
                    + Errno.words(failed.errno()));
        case ShimEvent.Gone gone ->
            throw new EngineException(
                Kind.UNAVAILABLE,
                "cannot mount the root file system of a stopped instance: its shim ended; try"
                    + " again");
        case ShimEvent.Exited exited ->
            throw new EngineException(
                Kind.UNAVAILABLE,
                "cannot mount the root file system of a stopped instance: its shim was killed; try"
                    + " again");
        case ShimEvent.Waiting waiting -> {}
        case ShimEvent.Booting booting -> {}
        case ShimEvent.Ready ready -> {}
        case ShimEvent.Answer answer -> {}
        case ShimEvent.Created created -> {}
        case ShimEvent.Output output -> {}
      }
    }
  }

  private static String step(LaunchPlan plan, ShimEvent.Failed failed) {
    List<Step> steps =
        switch (failed.phase()) {
          case BEFORE -> plan.before();
          case SHIM, CLONE, MACHINE -> List.of();
          case GUEST_SHIM, GUEST_BEFORE, GUEST_CLONE, GUEST_BESIDE, GUEST_INSIDE -> List.of();
          case BESIDE -> plan.beside();
          case INSIDE -> plan.inside();
        };
    return failed.step() >= 0 && failed.step() < steps.size()
        ? steps.get(failed.step()).toString()
        : failed.phase().name().toLowerCase(Locale.ROOT);
  }

  /** Kills what holds and waits until the shim has left, and the mounts with it. */
  static void end(Shim shim) throws IOException {
    try {
      shim.signal(SIGKILL);
    } catch (IOException e) {
      // It has left already, which is what it says next.
    }
    while (!(shim.next() instanceof ShimEvent.Gone)) {
      // What else it has to say about its end is of no interest.
    }
  }

  static void remove(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(folder);
  }
}
