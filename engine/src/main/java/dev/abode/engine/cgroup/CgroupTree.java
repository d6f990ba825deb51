package dev.abode.engine.cgroup;

import dev.abode.engine.failure.EngineException;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** A control group's folder together with those that a workload made below it. */
final class CgroupTree {
  /** How long a killed process may take to be gone; one in a dying disk's queue takes longer. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private CgroupTree() {}

  /** The folders below {@code folder}, itself last. */
  static List<Path> bottomUp(Path folder) throws IOException {
    List<Path> found = new ArrayList<>();
    collect(folder, found);
    return found;
  }

  private static void collect(Path folder, List<Path> found) throws IOException {
    try {
      // A folder's links are itself, its parent's entry and one for each folder in it. A group has
      // dozens of control files, and to look at each costs more than all the rest of a removal.
      if ((int) Files.getAttribute(folder, "unix:nlink") == 2) {
        found.add(folder);
        return;
      }
    } catch (NoSuchFileException e) {
      return;
    }
    try (var children = Files.newDirectoryStream(folder, Files::isDirectory)) {
      for (Path child : children) {
        collect(child, found);
      }
    } catch (NoSuchFileException e) {
      return;
    }
    found.add(folder);
  }

  /** The processes in {@code folder} and below. */
  static List<Long> processes(Path folder) throws IOException {
    List<Long> pids = new ArrayList<>();
    for (Path group : bottomUp(folder)) {
      ControlFile.readIfPresent(group.resolve("cgroup.procs")).stream()
          .flatMap(String::lines)
          .filter(line -> !line.isBlank())
          .forEach(line -> pids.add(Long.valueOf(line)));
    }
    return pids;
  }

  /**
   * Removes {@code folder} and what is below, waiting for processes that are about to be gone.
   *
   * @throws EngineException of kind CONFLICT when processes stay
   */
  static void remove(Path folder) throws IOException {
    boolean removed = waitUntil(() -> tryRemove(folder));
    if (!removed) {
      throw new EngineException(
          EngineException.Kind.CONFLICT,
          "cannot remove the control group "
              + folder
              + ": processes "
              + processes(folder)
              + " are still in it; stop them and try again");
    }
  }

  private static boolean tryRemove(Path folder) {
    try {
      for (Path group : bottomUp(folder)) {
        Files.deleteIfExists(group);
      }
      return true;
    } catch (DirectoryNotEmptyException e) {
      return false;
    } catch (FileSystemException e) {
      // EBUSY: a process that was killed has not left yet. Nothing else makes rmdir(2) fail here.
      return !Files.isDirectory(folder);
    } catch (IOException e) {
      return false;
    }
  }

  /** What is waited for. */
  @FunctionalInterface
  interface Condition {
    boolean holds() throws IOException;
  }

  /**
   * Sends SIGKILL to those that are in a group now. A number that another process has got meanwhile
   * is not in the second list, or belongs to a process that began later than its handle says.
   */
  static void killOnce(Path folder) throws IOException {
    List<ProcessHandle> found =
        processes(folder).stream().map(ProcessHandle::of).flatMap(Optional::stream).toList();
    Set<Long> still = Set.copyOf(processes(folder));
    found.stream()
        .filter(process -> still.contains(process.pid()))
        .forEach(ProcessHandle::destroyForcibly);
  }

  /**
   * Waits for a condition that the kernel signals nobody about, as those of v1: looks again after
   * pauses that grow from 50 µs to 20 ms.
   */
  static boolean waitUntil(Condition condition) throws IOException {
    long pause = 50_000;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0 || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(pause);
      pause = Math.min(pause * 2, 20_000_000);
    }
    return true;
  }
}
