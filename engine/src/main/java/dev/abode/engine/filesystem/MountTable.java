package dev.abode.engine.filesystem;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.linux.FileTreeNames;
import dev.abode.linux.FileTreeStatus;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The mounts a container's process sees, {@code /proc/PID/mountinfo}, as far as it matters which of
 * them hold files of a user's.
 */
final class MountTable {
  /**
   * File systems the kernel makes up. Root on the host may do more in them than root in a container
   * may, so a path that a workload bends into one must not be acted upon.
   */
  private static final Set<String> OF_KERNEL =
      Set.of(
          "autofs",
          "binfmt_misc",
          "bpf",
          "cgroup",
          "cgroup2",
          "configfs",
          "debugfs",
          "devpts",
          "devtmpfs",
          "efivarfs",
          "fusectl",
          "hugetlbfs",
          "mqueue",
          "nsfs",
          "proc",
          "pstore",
          "securityfs",
          "selinuxfs",
          "sysfs",
          "tracefs");

  private record Mount(boolean ofKernel, boolean readOnly) {}

  private final Map<Long, Mount> mounts;
  private final long root;

  private MountTable(Map<Long, Mount> mounts, long root) {
    this.mounts = Map.copyOf(mounts);
    this.root = root;
  }

  /**
   * @param mountinfo the file's bytes, {@code proc_pid_mountinfo(5)}
   * @param root the mount the container's root directory is on
   */
  static MountTable parse(byte[] mountinfo, long root) {
    Map<Long, Mount> mounts = new HashMap<>();
    for (String line : FileTreeNames.decode(mountinfo).split("\n", -1)) {
      String[] fields = line.split(" ", -1);
      int separator = 6;
      while (separator < fields.length && !fields[separator].equals("-")) {
        separator++;
      }
      if (separator + 1 >= fields.length) {
        continue;
      }
      String type = fields[separator + 1];
      // The devices in /dev are the host's own, or a tmpfs that we filled.
      boolean devices = fields[4].equals("/dev");
      boolean readOnly = options(fields[5]).contains("ro");
      mounts.put(
          Long.parseLong(fields[0]), new Mount(devices || OF_KERNEL.contains(type), readOnly));
    }
    return new MountTable(mounts, root);
  }

  /**
   * Whether a file lies on the root file system or something a user mounted. A mount that appeared
   * since the table was read is not known and therefore no user's.
   */
  boolean holdsUserFiles(FileTreeStatus file) {
    Mount mount = mounts.get(file.mountId());
    return file.mountId() == root || (mount != null && !mount.ofKernel());
  }

  boolean isReadOnly(FileTreeStatus file) {
    Mount mount = mounts.get(file.mountId());
    return mount != null && mount.readOnly();
  }

  /** Docker's words for what is mounted read-only. */
  EngineException readOnly(FileTreeStatus file) {
    return readOnly(isRootMount(file));
  }

  static EngineException readOnly(boolean rootMount) {
    return new EngineException(
        Kind.PERMISSION,
        rootMount ? "container rootfs is marked read-only" : "mounted volume is marked read-only");
  }

  private static List<String> options(String field) {
    return List.of(field.split(",", -1));
  }

  boolean isRootMount(FileTreeStatus file) {
    return file.mountId() == root;
  }
}
