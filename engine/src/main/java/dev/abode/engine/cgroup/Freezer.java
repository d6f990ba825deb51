package dev.abode.engine.cgroup;

import dev.abode.engine.failure.EngineException;
import java.io.IOException;
import java.nio.file.Path;

/** Stopping and going on of all processes of a group. */
sealed interface Freezer {

  /**
   * Returns when all have stopped.
   *
   * @throws EngineException of kind UNAVAILABLE when one does not; then all run on
   */
  default void freeze() throws IOException {
    if (!tryFreeze()) {
      throw new EngineException(
          EngineException.Kind.UNAVAILABLE,
          "the processes of "
              + folder()
              + " did not stop in time, probably because one waits for a disk; they run on, try"
              + " again");
    }
  }

  /** As {@link #freeze}, and says whether they have stopped. */
  boolean tryFreeze() throws IOException;

  Path folder();

  /** Returns when all may run. */
  void thaw() throws IOException;

  boolean frozen() throws IOException;

  static Freezer of(Path folder, boolean unified) {
    return unified ? new V2(folder) : new V1(folder);
  }

  /** The freezer controller, {@code Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst}. */
  record V1(Path folder) implements Freezer {
    private Path state() {
      return folder.resolve("freezer.state");
    }

    @Override
    public boolean tryFreeze() throws IOException {
      boolean stopped =
          CgroupTree.waitUntil(
              () -> {
                // Written again each time: a process that forks at the wrong moment keeps the
                // group FREEZING until the next attempt.
                ControlFile.write(state(), "FROZEN");
                return frozen();
              });
      if (!stopped) {
        thaw();
      }
      return stopped;
    }

    @Override
    public void thaw() throws IOException {
      ControlFile.write(state(), "THAWED");
    }

    @Override
    public boolean frozen() throws IOException {
      return ControlFile.read(state()).equals("FROZEN");
    }
  }

  /** {@code cgroup.freeze}, {@code Documentation/admin-guide/cgroup-v2.rst}. */
  record V2(Path folder) implements Freezer {
    @Override
    public boolean tryFreeze() throws IOException {
      ControlFile.write(folder.resolve("cgroup.freeze"), "1");
      boolean stopped = CgroupTree.waitUntil(this::frozen);
      if (!stopped) {
        thaw();
      }
      return stopped;
    }

    @Override
    public void thaw() throws IOException {
      ControlFile.write(folder.resolve("cgroup.freeze"), "0");
    }

    @Override
    public boolean frozen() throws IOException {
      return ControlFile.keyed(ControlFile.readIfPresent(folder.resolve("cgroup.events")), "frozen")
          == 1;
    }
  }
}
