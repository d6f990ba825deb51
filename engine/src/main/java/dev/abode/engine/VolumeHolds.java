package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.record.Folders;
import dev.abode.engine.record.VolumeFolder;
import dev.abode.engine.record.VolumeRecord;
import dev.abode.engine.volume.Backing;
import dev.abode.engine.volume.VolumeContent;
import dev.abode.linux.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who uses which volume at the moment. A volume whose content has to be mounted is mounted for its
 * first holder and unmounted after its last one.
 *
 * <p>Nothing of this is written down: an engine that opens learns from the instances it adopts who
 * holds what, and unmounts the rest.
 */
final class VolumeHolds {
  private static final Logger LOGGER = LoggerFactory.getLogger(VolumeHolds.class);

  /** How long somebody waits for a volume that is being filled, imported or removed. */
  private static final long PATIENCE_SECONDS = 60;

  private final Folders folders;
  private final Map<String, State> states = new ConcurrentHashMap<>();

  VolumeHolds(Folders folders) {
    this.folders = folders;
  }

  private static final class State {
    private final ReentrantLock lock = new ReentrantLock();
    private final Set<String> holders = new HashSet<>();
  }

  /** Something done with a volume while nobody else does anything with it. */
  @FunctionalInterface
  interface Work<T> {
    /**
     * @param holders who uses it, a copy
     */
    T perform(Set<String> holders) throws IOException;
  }

  <T> T exclusively(String name, Work<T> work) throws IOException {
    return locked(name, state -> work.perform(Set.copyOf(state.holders)));
  }

  @FunctionalInterface
  private interface Change<T> {
    T of(State state) throws IOException;
  }

  private <T> T locked(String name, Change<T> change) throws IOException {
    while (true) {
      State state = states.computeIfAbsent(name, absent -> new State());
      lock(name, state.lock);
      try {
        // Whoever had the lock last may have dropped the state, and another be in its place.
        if (states.get(name) != state) {
          continue;
        }
        try {
          return change.of(state);
        } finally {
          if (state.holders.isEmpty()) {
            states.remove(name);
          }
        }
      } finally {
        state.lock.unlock();
      }
    }
  }

  private static void lock(String name, ReentrantLock lock) {
    try {
      if (lock.tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new EngineException(
        EngineException.Kind.UNAVAILABLE,
        "volume " + name + " is being filled, imported or removed; try again when that is done");
  }

  /**
   * Shows the content of a volume until {@link #letGo}.
   *
   * @param holder an instance's ID, or what else tells this use from all others
   * @throws EngineException NOT_FOUND
   */
  void hold(String name, String holder) throws IOException {
    locked(
        name,
        state -> {
          VolumeContent content = content(name);
          content.show();
          if (state.holders.isEmpty()) {
            dropHalfFilled(content.folder());
          }
          state.holders.add(holder);
          return true;
        });
  }

  /** Keeps volumes from being removed until {@link #letGo}, shown or not. */
  void register(Set<String> names, String holder) throws IOException {
    for (String name : names) {
      locked(name, state -> state.holders.add(holder));
    }
  }

  /** Ends a use; nothing to do when there is none. */
  void letGo(String name, String holder) {
    try {
      locked(
          name,
          state -> {
            if (state.holders.remove(holder) && state.holders.isEmpty()) {
              hide(content(name));
            }
            return true;
          });
    } catch (IOException | RuntimeException e) {
      // Whatever ended has ended; what stays mounted is unmounted after the next use, or by the
      // next engine.
      LOGGER.warn("volume {} could not be unmounted after its last use", name, e);
    }
  }

  private static void hide(VolumeContent content) throws IOException {
    if (content.backing().needsMount() && !content.hide()) {
      LOGGER.warn(
          "volume {} stays mounted at {}, because somebody on this host has files of it open",
          content.name(),
          content.folder().content());
    }
  }

  /** What a filling left that a dying engine did not finish, is nobody's yet. */
  static void dropHalfFilled(VolumeFolder folder) throws IOException {
    if (Files.exists(folder.filling())) {
      try (FileTree tree = FileTree.open(folder.content())) {
        tree.deleteContents();
      }
      Files.delete(folder.filling());
    }
  }

  VolumeFolder folder(String name) {
    return folders.volume(name);
  }

  /**
   * @throws EngineException NOT_FOUND
   */
  VolumeContent content(String name) throws IOException {
    VolumeFolder folder = folder(name);
    if (!Files.isDirectory(folder.path())) {
      throw noSuchVolume(name);
    }
    VolumeRecord record = folder.readDefinition();
    return new VolumeContent(name, folder, Backing.of(record.options()));
  }

  static EngineException noSuchVolume(String name) {
    return new EngineException(EngineException.Kind.NOT_FOUND, "get " + name + ": no such volume");
  }
}
