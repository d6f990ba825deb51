package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.VolumeInfo;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.VolumeFolder;
import dev.abode.image.MergedTree;
import dev.abode.linux.Errno;
import dev.abode.linux.FileTree;
import dev.abode.linux.KernelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The volumes of a new instance: those that are missing are made, and empty ones are filled with
 * what the image has where they will be mounted.
 *
 * <p>The instance's folder names the anonymous ones before they are made, until the instance has
 * its record; so an engine that finds a folder without a record knows what goes with it.
 */
final class VolumeFilling {
  private final Volumes volumes;
  private final InstanceFolder instance;

  VolumeFilling(Volumes volumes, InstanceFolder instance) {
    this.volumes = volumes;
    this.instance = instance;
  }

  /** The unpacked layers, asked for only if something may have to be copied. */
  @FunctionalInterface
  interface Layers {
    List<Path> folders() throws IOException;
  }

  /**
   * Makes and fills what is missing.
   *
   * @param mounts with a name for each volume
   * @param holder who holds them from now on, the instance's ID
   */
  void prepare(List<MountSpec> mounts, List<MountSpec> asked, String holder, Layers layers)
      throws IOException {
    List<MountSpec.Volume> mounted = new ArrayList<>();
    List<String> unnamed = new ArrayList<>();
    for (MountSpec mount : mounts) {
      if (mount instanceof MountSpec.Volume volume) {
        mounted.add(volume);
        String name = Volumes.validated(volume.name().orElseThrow());
        if (!Volumes.names(asked).contains(name) && volumes.find(name).isEmpty()) {
          unnamed.add(name);
        }
      }
    }
    if (mounted.isEmpty()) {
      return;
    }
    if (!unnamed.isEmpty()) {
      Files.write(instance.newVolumes(), unnamed);
    }
    for (MountSpec.Volume volume : mounted) {
      make(volume, unnamed.contains(volume.name().orElseThrow()));
    }
    if (mounted.stream().allMatch(VolumeFilling::isLeftEmpty)) {
      volumes.holds().register(Volumes.names(mounts), holder);
      return;
    }
    volumes.hold(mounts, holder);
    MergedTree image = new MergedTree(layers.folders());
    for (MountSpec.Volume volume : mounted) {
      if (!isLeftEmpty(volume)) {
        fill(volume.name().orElseThrow(), volume.target(), image);
      }
    }
  }

  /** A part of a volume is the user's own choice of content. */
  private static boolean isLeftEmpty(MountSpec.Volume volume) {
    return volume.noCopy() || volume.subpath().isPresent();
  }

  private void make(MountSpec.Volume volume, boolean unnamed) throws IOException {
    String name = volume.name().orElseThrow();
    Map<String, String> labels = new HashMap<>(volume.labels());
    if (unnamed) {
      labels.put(VolumeInfo.ANONYMOUS, "");
    }
    volumes.create(Optional.of(name), volume.options(), labels);
  }

  private void fill(String name, String target, MergedTree image) throws IOException {
    if (image.status(target).filter(status -> status.isDirectory()).isEmpty()) {
      return;
    }
    volumes
        .holds()
        .exclusively(
            name,
            holders -> {
              VolumeFolder folder = volumes.holds().folder(name);
              try (FileTree content = FileTree.open(folder.content())) {
                if (content.list("").isEmpty()) {
                  Files.write(folder.filling(), new byte[0]);
                  image.copyFolder(target, content);
                  Files.delete(folder.filling());
                }
                return true;
              } catch (IOException e) {
                VolumeHolds.dropHalfFilled(folder);
                throw explained(name, target, e);
              }
            });
  }

  private static IOException explained(String name, String target, IOException e) {
    if (e instanceof KernelException kernel && kernel.errno() == Errno.ENOSPC) {
      throw new EngineException(
          Kind.EXHAUSTED,
          "volume "
              + name
              + " is too small for what the image has at "
              + target
              + "; give it a larger size, or mount it with nocopy",
          e);
    }
    return new IOException(
        "cannot fill volume "
            + name
            + " with what the image has at "
            + target
            + ": "
            + e.getMessage(),
        e);
  }

  /** Takes away what was made for an instance that is not to be. */
  void undo() throws IOException {
    if (!Files.exists(instance.newVolumes())) {
      return;
    }
    for (String name : Files.readAllLines(instance.newVolumes())) {
      volumes.removeIfAnonymous(name);
    }
  }

  /** The instance has its record: from now on its volumes are as any other's. */
  void done() throws IOException {
    Files.deleteIfExists(instance.newVolumes());
  }
}
