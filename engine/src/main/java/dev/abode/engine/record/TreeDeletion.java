package dev.abode.engine.record;

import dev.abode.linux.FileTree;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Deletes a folder and all below it, however deep a workload has nested it. Never follows a link,
 * and never crosses onto something that is mounted in it, whose other side it would empty.
 */
public final class TreeDeletion {
  private TreeDeletion() {}

  /**
   * Deletes {@code tree}; nothing to do when it is missing.
   *
   * @throws IOException when something is mounted in it, or cannot be deleted
   */
  public static void delete(Path tree) throws IOException {
    try {
      FileTree.delete(tree);
    } catch (IOException e) {
      throw new IOException(
          "cannot delete "
              + tree
              + ": "
              + e.getMessage()
              + "; see with \"findmnt -R "
              + tree
              + "\" whether something is mounted in it",
          e);
    }
  }
}
