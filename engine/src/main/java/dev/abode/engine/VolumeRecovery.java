package dev.abode.engine;

import dev.abode.engine.record.Folders;
import dev.abode.engine.record.TreeDeletion;
import dev.abode.engine.record.VolumeFolder;
import dev.abode.engine.volume.Backing;
import dev.abode.engine.volume.MountPoints;
import dev.abode.engine.volume.VolumeContent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Volumes as an engine finds them that follows another. */
final class VolumeRecovery {
  private final Folders folders;
  private final VolumeHolds holds;

  VolumeRecovery(Folders folders, VolumeHolds holds) {
    this.folders = folders;
    this.holds = holds;
  }

  /**
   * Finishes or takes away what a dead engine left, after the instances that run hold theirs.
   *
   * @return a sentence for each thing that was not as it should be
   */
  List<String> recover() throws IOException {
    List<String> repairs = new ArrayList<>();
    Set<String> mounted = new TreeSet<>();
    for (Path point : MountPoints.within(folders.volumes())) {
      if (point.getNameCount() > folders.volumes().getNameCount()) {
        mounted.add(folders.volumes().relativize(point).getName(0).toString());
      }
    }
    try (Stream<Path> all = Files.list(folders.volumes())) {
      for (Path folder : all.sorted().toList()) {
        recover(folder, mounted.contains(folder.getFileName().toString()), repairs);
      }
    }
    return repairs;
  }

  private void recover(Path folder, boolean mounted, List<String> repairs) {
    String name = folder.getFileName().toString();
    try {
      if (name.startsWith(Volumes.MAKING) || name.startsWith(Volumes.REMOVING)) {
        new VolumeContent(name, new VolumeFolder(folder), new Backing.Folder()).hide();
        TreeDeletion.delete(folder);
        repairs.add("took away " + name + ", a volume half made or half removed");
      } else if (name.matches(Volumes.NAME)) {
        holds.exclusively(
            name,
            holders -> {
              VolumeContent content =
                  new VolumeContent(name, new VolumeFolder(folder), new Backing.Folder());
              if (mounted && holders.isEmpty() && content.hide()) {
                repairs.add("unmounted volume " + name + ", which nobody uses any more");
              }
              content.discardReplacement();
              return true;
            });
      }
    } catch (IOException | RuntimeException e) {
      repairs.add("volume " + name + " could not be put in order: " + e.getMessage());
    }
  }
}
