package dev.abode.engine.launch;

import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.TreeDeletion;
import dev.abode.engine.tool.Tool;
import dev.abode.linux.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a container has written, copied as it is: owners, links, whiteouts, attributes and holes;
 * blocks are shared where the file system can.
 */
final class ContainerSnapshot {
  private static final Tool CP = new Tool("cp", "coreutils");
  private static final String UPPER = "upper";

  private ContainerSnapshot() {}

  static void save(InstanceFolder instance, Path folder) throws IOException {
    Files.createDirectories(instance.upper());
    copy(instance.upper(), folder.resolve(UPPER));
  }

  /**
   * Whole or not at all: what is there goes when its successor is complete. The two change their
   * names at once; whichever an engine that dies leaves under the other one, the next takes away.
   */
  static void putBack(Path folder, InstanceFolder instance) throws IOException {
    Path next = instance.path().resolve(UPPER + ".new");
    TreeDeletion.delete(next);
    copy(folder.resolve(UPPER), next);
    Files.createDirectories(instance.upper());
    try (FileTree tree = FileTree.open(instance.path())) {
      tree.exchange("/" + next.getFileName(), "/" + instance.upper().getFileName());
    }
    TreeDeletion.delete(next);
  }

  private static void copy(Path from, Path to) throws IOException {
    CP.run(
        "copy what a container has written",
        List.of(
            "--archive",
            "--reflink=auto",
            "--sparse=auto",
            "--no-target-directory",
            from.toString(),
            to.toString()));
  }
}
