package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.MountSpec.PropagationMode;
import dev.abode.linux.Errno;
import dev.abode.linux.FileTree;
import dev.abode.linux.FileTreeNode;
import dev.abode.linux.KernelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Looks at the host's side of bind mounts and volumes. */
public final class BindSources {
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

  /** File systems with FS_ALLOW_IDMAP, and the first kernel where they have it. */
  private static final Set<String> ID_MAPPABLE =
      Set.of("ext4", "ext3", "ext2", "xfs", "btrfs", "f2fs", "vfat", "exfat", "erofs", "squashfs");

  private static final Set<String> ID_MAPPABLE_SINCE_6_3 = Set.of("tmpfs");

  private BindSources() {}

  /**
   * Resolves the source of a bind mount, making a missing one if that was asked for.
   *
   * @throws EngineException of kind INVALID_ARGUMENT when it does not exist or is not absolute
   */
  public static BindMount resolve(MountSpec.Bind bind, HostFacts host) throws IOException {
    Path source = Path.of(bind.source());
    if (!source.isAbsolute()) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "invalid mount config for type \"bind\": invalid mount path: '"
              + bind.source()
              + "' mount path must be absolute");
    }
    if (!Files.exists(source)) {
      if (!bind.createSource()) {
        throw new EngineException(
            EngineException.Kind.INVALID_ARGUMENT,
            "invalid mount config for type \"bind\": bind source path does not exist: "
                + bind.source());
      }
      Files.createDirectories(source);
    }
    return of(
        source,
        "",
        Files.isDirectory(source),
        bind.target(),
        bind.readOnly(),
        bind.recursiveReadOnly(),
        !bind.nonRecursive(),
        bind.propagation(),
        host);
  }

  /**
   * A volume's content, or a part of it.
   *
   * @param folder the volume's content
   * @throws EngineException NOT_FOUND when it lacks the part
   */
  public static BindMount volume(Path folder, MountSpec.Volume volume, HostFacts host)
      throws IOException {
    String within = volume.subpath().orElse("");
    return of(
        folder,
        within,
        within.isEmpty() || isFolder(folder, volume, within),
        volume.target(),
        volume.readOnly(),
        volume.readOnly(),
        true,
        PropagationMode.RPRIVATE,
        host);
  }

  private static boolean isFolder(Path folder, MountSpec.Volume volume, String within)
      throws IOException {
    try (FileTree tree = FileTree.open(folder);
        FileTreeNode part = tree.resolvedNode(within)) {
      return part.status().isDirectory();
    } catch (KernelException e) {
      throw new EngineException(
          EngineException.Kind.NOT_FOUND,
          "cannot mount \""
              + within
              + "\" of volume "
              + volume.name().orElse("")
              + ": "
              + Errno.words(e.errno())
              + "; make it first, or leave volume-subpath out",
          e);
    }
  }

  private static BindMount of(
      Path source,
      String within,
      boolean directory,
      String target,
      boolean readOnly,
      boolean recursiveReadOnly,
      boolean recursive,
      PropagationMode propagation,
      HostFacts host)
      throws IOException {
    Path real = source.toRealPath();
    return new BindMount(
        real.toString(),
        within,
        directory,
        target,
        readOnly,
        recursiveReadOnly,
        recursive,
        propagation,
        idMappable(real.toString(), recursive, Files.readAllLines(MOUNTS), host));
  }

  /**
   * Whether every mount that would be copied has a file system whose owners can be mapped: the
   * kernel maps all of a tree or nothing.
   */
  static boolean idMappable(
      String source, boolean recursive, List<String> mountinfo, HostFacts host) {
    return unmappable(source, recursive, mountinfo, host).isEmpty();
  }

  /** The type of a file system in the way of an id map. */
  private static Optional<String> unmappable(
      String source, boolean recursive, List<String> mountinfo, HostFacts host) {
    String above = "";
    String typeAbove = "";
    Optional<String> below = Optional.empty();
    for (String line : mountinfo) {
      String[] halves = line.split(" - ", 2);
      String mountPoint = unescape(halves[0].split(" ", -1)[4]);
      String type = halves[1].split(" ", -1)[0];
      // The last line wins among equals: it is mounted over the others.
      if (isAtOrBelow(source, mountPoint) && mountPoint.length() >= above.length()) {
        above = mountPoint;
        typeAbove = type;
      } else if (recursive && isAtOrBelow(mountPoint, source)) {
        below = mappable(type, host) ? below : Optional.of(type);
      }
    }
    return mappable(typeAbove, host) ? below : Optional.of(typeAbove);
  }

  /**
   * What a user should know who mounts a folder whose owners the kernel cannot map; for an instance
   * with a user namespace of its own.
   */
  public static Optional<String> ownersWarning(MountSpec.Bind bind, HostFacts host)
      throws IOException {
    Path source = Path.of(bind.source());
    if (!source.isAbsolute() || !Files.exists(source)) {
      return Optional.empty();
    }
    return unmappable(
            source.toRealPath().toString(), !bind.nonRecursive(), Files.readAllLines(MOUNTS), host)
        .map(
            type ->
                bind.source()
                    + " is on a file system ("
                    + type
                    + ") whose owners this kernel cannot map into the instance's user namespace:"
                    + " files at "
                    + bind.target()
                    + " will seem to belong to nobody (65534), and root inside may do with them"
                    + " only what everybody may; use --userns host, or a volume");
  }

  private static boolean isAtOrBelow(String path, String folder) {
    return folder.equals("/") || path.equals(folder) || path.startsWith(folder + '/');
  }

  private static boolean mappable(String type, HostFacts host) {
    return (host.kernelAtLeast(5, 19) && ID_MAPPABLE.contains(type))
        || (host.kernelAtLeast(6, 3) && ID_MAPPABLE_SINCE_6_3.contains(type));
  }

  /** proc_pid_mountinfo(5) writes space, tab, newline and backslash as three octal digits. */
  private static String unescape(String path) {
    return path.replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }
}
