package dev.abode.engine.launch;

import dev.abode.engine.filesystem.WrittenFiles;
import dev.abode.engine.instance.Change;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What a virtual machine has written: its disk, which only a guest's kernel looks into. */
record MachineFiles(Path folder) implements WrittenFiles {
  /** The name of the disk in the instance's folder. */
  static final String DISK = "disk";

  @Override
  public List<Change> changes() throws IOException {
    throw MachineWalls.notYet("listing what a virtual machine has changed", "look with exec");
  }

  @Override
  public long sizeBytes() throws IOException {
    try (FileTree tree = FileTree.open(folder)) {
      return tree.status("/" + DISK).map(FileTreeStatus::allocatedBytes).orElse(0L);
    }
  }

  @Override
  public Path layer() throws IOException {
    throw MachineWalls.notYet("committing a virtual machine", "build the image with a container");
  }
}
