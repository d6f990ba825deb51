package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.MountSpec.PropagationMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
        bind.target(),
        bind.readOnly(),
        bind.recursiveReadOnly(),
        !bind.nonRecursive(),
        bind.propagation(),
        host);
  }

  /**
   * A volume's folder.
   *
   * @param folder the volume's data, or the sub-path of it, which must exist
   */
  public static BindMount volume(Path folder, MountSpec.Volume volume, HostFacts host)
      throws IOException {
    return of(
        folder, volume.target(), volume.readOnly(), false, true, PropagationMode.RPRIVATE, host);
  }

  private static BindMount of(
      Path source,
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
        Files.isDirectory(real),
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
    String above = "";
    String typeAbove = "";
    boolean all = true;
    for (String line : mountinfo) {
      String[] halves = line.split(" - ", 2);
      String mountPoint = unescape(halves[0].split(" ", -1)[4]);
      String type = halves[1].split(" ", -1)[0];
      // The last line wins among equals: it is mounted over the others.
      if (isAtOrBelow(source, mountPoint) && mountPoint.length() >= above.length()) {
        above = mountPoint;
        typeAbove = type;
      } else if (recursive && isAtOrBelow(mountPoint, source)) {
        all &= mappable(type, host);
      }
    }
    return all && mappable(typeAbove, host);
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
