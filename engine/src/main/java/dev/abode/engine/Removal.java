package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceInfo;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.record.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Removes an instance. The renaming of its folder is the moment from which on it is gone: an engine
 * that dies later leaves only something to delete.
 */
final class Removal {
  private Removal() {}

  /**
   * Removes an instance as somebody asked; the caller has it to itself.
   *
   * @param force ends it first when it runs
   * @param volumes its anonymous ones as well
   */
  static void removeAsked(LiveInstance instance, boolean force, boolean volumes)
      throws IOException, InterruptedException {
    switch (instance.now().status()) {
      case CREATED, EXITED, DEAD, REMOVING -> {}
      case RESTARTING -> {
        if (!force) {
          throw refusal(instance, "is restarting: stop the container before removing");
        }
        Stopping.cancelRestart(instance);
      }
      case RUNNING -> {
        if (!force) {
          throw refusal(instance, "is running: stop the container before removing");
        }
        Stopping.killAndWait(instance);
      }
      case PAUSED -> {
        if (!force) {
          throw refusal(instance, "is paused and must be unpaused first: unpause and stop it");
        }
        Stopping.killAndWait(instance);
      }
    }
    remove(instance, volumes);
  }

  private static EngineException refusal(LiveInstance instance, String why) {
    return instance.conflict(
        "cannot remove container \"/"
            + instance.now().record().name()
            + "\": container "
            + why
            + " or force remove");
  }

  /**
   * Removes an instance that does not run; the caller has it to itself.
   *
   * @param volumes its anonymous ones as well
   */
  static void remove(LiveInstance instance, boolean volumes) throws IOException {
    Site site = instance.site;
    InstanceInfo last = instance.info();
    Path folder = instance.folder().path();
    Path doomed = doomed(folder);
    try {
      instance
          .state()
          .changeInMemory(life -> Life.with(life).status(InstanceStatus.REMOVING).build());
      if (Files.exists(folder)) {
        Files.move(folder, doomed, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      instance.state().changeInMemory(life -> Life.with(life).status(InstanceStatus.DEAD).build());
      throw new EngineException(
          EngineException.Kind.INTERNAL,
          "cannot remove " + instance + ": " + e.getMessage() + "; remove it again",
          e);
    }
    site.deletions().add(doomed);
    site.catalog().remove(instance);
    site.catalog().release(instance.now().record().name(), instance.id());
    try {
      // First: who waits for the removal finds nothing left.
      if (volumes) {
        site.volumes().removeAnonymous(last.spec(), last.mounts());
      }
    } finally {
      instance.publish("destroy");
      instance.gone();
    }
  }

  static Path doomed(Path folder) {
    return folder.resolveSibling(folder.getFileName() + Folders.REMOVING);
  }
}
