package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.record.RandomId;
import dev.abode.engine.volume.VolumeContent;
import dev.abode.image.IdTranslation;
import dev.abode.image.ImageException;
import dev.abode.image.TreeArchive;
import dev.abode.image.UnpackLimits;
import dev.abode.linux.FileTree;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.Collection;
import java.util.function.Function;

/** The content of volumes as archives. */
final class VolumeBackups {
  private final VolumeHolds holds;
  private final Function<Collection<String>, String> shown;

  /**
   * @param shown names holders, for failures
   */
  VolumeBackups(VolumeHolds holds, Function<Collection<String>, String> shown) {
    this.holds = holds;
    this.shown = shown;
  }

  /** As {@link Volumes#exportContent}, of a volume that is there. */
  void export(String name, OutputStream tar) throws IOException {
    String holder = "export-" + RandomId.next();
    holds.hold(name, holder);
    try (FileTree tree = FileTree.open(holds.folder(name).content())) {
      TreeArchive.write(tree, "", ".", tar, TreeArchive.Mounts.LEAVE_OUT, IdTranslation.NONE);
    } finally {
      holds.letGo(name, holder);
    }
  }

  /** As {@link Volumes#importContent}, of a volume that is there. */
  void replace(String name, InputStream tar) throws IOException {
    holds.exclusively(
        name,
        holders -> {
          if (!holders.isEmpty()) {
            throw refused(
                name,
                " while it is in use by "
                    + shown.apply(holders)
                    + ", which would go on with the old content; stop it first");
          }
          VolumeContent content = holds.content(name);
          if (!content.hide()) {
            throw refused(
                name, ": somebody on this host has files open below " + content.folder().content());
          }
          extract(name, content, tar);
          Files.deleteIfExists(content.folder().filling());
          return true;
        });
  }

  private static EngineException refused(String name, String why) {
    return new EngineException(Kind.CONFLICT, "cannot import into volume " + name + why);
  }

  private static void extract(String name, VolumeContent content, InputStream tar)
      throws IOException {
    try {
      content.replace(
          tree -> TreeArchive.extract(tree, "", tar, IdTranslation.NONE, UnpackLimits.DEFAULT));
    } catch (ImageException e) {
      throw new EngineException(
          e.kind() == ImageException.Kind.EXHAUSTED ? Kind.EXHAUSTED : Kind.INVALID_ARGUMENT,
          "cannot import into volume " + name + ": " + e.getMessage() + "; it is unchanged",
          e);
    }
  }
}
