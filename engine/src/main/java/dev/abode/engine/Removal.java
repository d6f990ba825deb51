package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.record.Folders;
import dev.abode.engine.record.TreeDeletion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Removes an instance that does not run. The renaming of its folder is the moment from which on it
 * is gone: an engine that dies later leaves only something to delete.
 */
final class Removal {
  private Removal() {}

  /** Removes an instance; the caller has it to itself. */
  static void remove(LiveInstance instance) throws IOException {
    Site site = instance.site;
    Path folder = instance.folder().path();
    Path doomed = doomed(folder);
    try {
      instance.changeInMemory(life -> Life.with(life).status(InstanceStatus.REMOVING).build());
      if (Files.exists(folder)) {
        Files.move(folder, doomed, StandardCopyOption.ATOMIC_MOVE);
      }
      TreeDeletion.delete(doomed);
    } catch (IOException e) {
      instance.changeInMemory(life -> Life.with(life).status(InstanceStatus.DEAD).build());
      throw new EngineException(
          EngineException.Kind.INTERNAL,
          "cannot remove " + instance + " completely: " + e.getMessage() + "; remove it again",
          e);
    }
    site.catalog().remove(instance);
    site.catalog().release(instance.now().record().name(), instance.id());
    instance.publish("destroy");
    instance.gone();
  }

  static Path doomed(Path folder) {
    return folder.resolveSibling(folder.getFileName() + Folders.REMOVING);
  }
}
