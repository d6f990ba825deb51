package dev.abode.engine.volume;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.record.VolumeFolder;
import dev.abode.linux.Errno;
import dev.abode.linux.FileTree;
import dev.abode.linux.KernelException;
import dev.abode.linux.LoopDevice;
import dev.abode.linux.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Makes the content of one volume, shows it in the volume's folder and hides it again. What is
 * mounted there is in the host's own mount table, so that it can be looked at, backed up, and found
 * again by an engine whose predecessor was killed.
 *
 * @param name of the volume, for messages
 */
public record VolumeContent(String name, VolumeFolder folder, Backing backing) {

  /** Makes an empty content in a folder that is there. */
  public void make() throws IOException {
    Files.createDirectory(folder.content());
    switch (backing) {
      case Backing.Folder plain -> {}
      case Backing.Disk disk -> makeDisk(folder.disk(), disk, folder.content());
      case Backing.Mounted mounted -> {}
    }
  }

  /** Makes a disk, and tries it, so that a host that cannot mount it says so at once. */
  private void makeDisk(Path file, Backing.Disk disk, Path mountPoint) throws IOException {
    DiskImage.make(file, disk.sizeBytes());
    mountDisk(file, mountPoint);
    try (FileTree tree = FileTree.open(mountPoint)) {
      // Programs that want to find their folder empty do not expect it; fsck makes it anew.
      tree.deleteRecursively("lost+found");
    } finally {
      Mounts.unmount(mountPoint);
    }
  }

  /** Shows the content; nothing to do when it is shown. */
  public void show() throws IOException {
    if (!backing.needsMount() || MountPoints.isMounted(folder.content())) {
      return;
    }
    switch (backing) {
      case Backing.Folder plain -> {}
      case Backing.Disk disk -> mountDisk(folder.disk(), folder.content());
      case Backing.Mounted mounted -> mount(mounted);
    }
  }

  /**
   * Hides the content; nothing to do when it is hidden.
   *
   * @return false when somebody on the host has files of it open, or a shell in it; it is tried
   *     again the next time
   */
  public boolean hide() throws IOException {
    for (Path point : MountPoints.within(folder.path())) {
      try {
        Mounts.unmount(point);
      } catch (KernelException e) {
        if (e.errno() == Errno.EBUSY) {
          return false;
        }
        if (e.errno() != Errno.EINVAL) {
          throw e;
        }
      }
    }
    return true;
  }

  /**
   * Makes a new content beside the present one, has it filled, and puts it in the place of the
   * present one. When the filling fails, or the machine dies, the present content stays.
   *
   * @throws EngineException UNSUPPORTED when the content is somebody else's device
   */
  public void replace(Filling filling) throws IOException {
    discardReplacement();
    Files.createDirectory(folder.imported());
    try {
      switch (backing) {
        case Backing.Folder plain -> {
          fill(filling);
          try (FileTree tree = FileTree.open(folder.path())) {
            tree.syncFileSystem();
            tree.exchange("_data", "import");
            tree.sync();
          }
        }
        case Backing.Disk disk -> {
          makeDisk(folder.importedDisk(), disk, folder.imported());
          mountDisk(folder.importedDisk(), folder.imported());
          try {
            fill(filling);
          } finally {
            // What was written is on disk when this returns.
            Mounts.unmount(folder.imported());
          }
          try (FileTree tree = FileTree.open(folder.path())) {
            tree.rename("disk.import", "disk");
            tree.sync();
          }
        }
        case Backing.Mounted mounted ->
            throw new EngineException(
                Kind.UNSUPPORTED,
                "cannot import into volume "
                    + name
                    + ": its content is "
                    + mounted.device()
                    + ", which is not the engine's to replace; unpack the archive there");
      }
    } finally {
      discardReplacement();
    }
  }

  /** Something that puts files into an empty folder. */
  @FunctionalInterface
  public interface Filling {
    void into(FileTree folder) throws IOException;
  }

  private void fill(Filling filling) throws IOException {
    try (FileTree tree = FileTree.open(folder.imported())) {
      filling.into(tree);
    }
  }

  /** Takes away what an import left that did not come to its end. */
  public void discardReplacement() throws IOException {
    for (Path point : MountPoints.within(folder.imported())) {
      Mounts.unmount(point);
    }
    FileTree.delete(folder.imported());
    Files.deleteIfExists(folder.importedDisk());
  }

  private void mountDisk(Path file, Path mountPoint) throws IOException {
    try (LoopDevice device = LoopDevice.of(file)) {
      // Unused inode tables read as zeros from a sparse file, and room that is freed goes back.
      Mounts.mount(
          device.path().toString(),
          mountPoint,
          "ext4",
          0,
          "noinit_itable,discard,errors=remount-ro");
    } catch (KernelException e) {
      throw new EngineException(
          Kind.UNSUPPORTED,
          "cannot mount the disk of volume "
              + name
              + ", which has a size limit: "
              + e.getMessage()
              + "; that takes loop devices (modprobe loop) and ext4 on this host; a volume without"
              + " size needs neither",
          e);
    }
  }

  private void mount(Backing.Mounted mounted) throws IOException {
    MountOptions words = MountOptions.parse(mounted.options());
    Backing.Mounted found = Servers.resolved(mounted, words.data());
    try {
      Mounts.mount(found.device(), folder.content(), found.type(), words.flags(), found.options());
      if (words.isBind() && (words.flags() & Mounts.RDONLY) != 0) {
        // A bind takes no other flags in the call that makes it.
        Mounts.mount("none", folder.content(), "", words.flags() | Mounts.REMOUNT, "");
      }
    } catch (KernelException e) {
      hide();
      throw failure(mounted, e);
    }
  }

  private EngineException failure(Backing.Mounted mounted, KernelException e) {
    String hint =
        switch (e.errno()) {
          case Errno.ENODEV ->
              "; this kernel has no file system \""
                  + mounted.type()
                  + "\", or its module is not loaded (modprobe "
                  + mounted.type()
                  + ")";
          case Errno.ENOENT -> "; " + mounted.device() + " does not exist on this host";
          case Errno.EINVAL -> "; see the kernel's log (dmesg) for the option it did not like";
          default -> "";
        };
    return new EngineException(
        switch (e.errno()) {
          case Errno.ENODEV -> Kind.UNSUPPORTED;
          case Errno.EACCES, Errno.EPERM -> Kind.PERMISSION;
          case Errno.EBUSY -> Kind.CONFLICT;
          default -> Kind.INVALID_ARGUMENT;
        },
        "failed to mount local volume "
            + name
            + ": mount "
            + mounted.device()
            + " (type "
            + mounted.type()
            + (mounted.options().isEmpty() ? "" : ", o=" + mounted.options())
            + "): "
            + Errno.words(e.errno())
            + hint,
        e);
  }
}
