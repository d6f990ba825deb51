package dev.abode.cli.doctor;

import dev.abode.cli.format.Words;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Looks at everything the engine needs of a host, one {@link Check} each. */
final class Examination {
  private static final Set<String> ID_MAPPABLE =
      Set.of("ext4", "ext3", "ext2", "xfs", "btrfs", "f2fs", "erofs", "squashfs");
  private static final long GIB = 1L << 30;
  private static final long MIB = 1L << 20;

  private final Host host;
  private final Path root;
  private final List<Check> checks = new ArrayList<>();

  private Examination(Host host, Path root) {
    this.host = host;
    this.root = root;
  }

  /**
   * Examines.
   *
   * @param root the engine's root folder, which need not exist
   */
  static List<Check> of(Host host, Path root) {
    Examination examination = new Examination(host, root);
    examination.user();
    examination.kernel();
    examination.namespaces();
    examination.seccomp();
    examination.controlGroups();
    examination.swap();
    examination.overlay();
    examination.idMaps();
    examination.network();
    examination.forwarding();
    examination.checks.addAll(MachineChecks.of(host, root));
    examination.add(CriuCheck.of(host));
    examination.java();
    examination.startUp();
    examination.disk();
    examination.memory();
    examination.limits();
    examination.runFolder();
    return examination.checks;
  }

  private void add(Check check) {
    checks.add(check);
  }

  private void user() {
    String line =
        host.lines("/proc/self/status").stream()
            .filter(l -> l.startsWith("Uid:"))
            .findFirst()
            .orElse("");
    boolean isRoot = line.split("\\s+", -1).length > 2 && line.split("\\s+", -1)[2].equals("0");
    add(
        isRoot
            ? Check.ok("user", "root, as an engine needs to be")
            : Check.warn(
                "user",
                "not root: this command can talk to an engine, and cannot be one",
                "start the engine as root: sudo abode engine run, or the systemd unit"));
  }

  private void kernel() {
    String release = host.release();
    if (host.kernelAtLeast(5, 19)) {
      add(Check.ok("kernel", release));
    } else if (host.kernelAtLeast(5, 12)) {
      add(
          Check.warn(
              "kernel",
              release + ": overlayfs takes no id-mapped layers before 5.19",
              "run instances with --userns host, or boot a newer kernel"));
    } else {
      add(
          Check.missing(
              "kernel",
              release + " has no mount_setattr(2), which came with 5.12",
              "boot a newer kernel; Debian 12 and 13 bring one"));
    }
  }

  private void namespaces() {
    List<String> absent =
        List.of("mnt", "pid", "net", "ipc", "uts", "user", "cgroup").stream()
            .filter(name -> !Files.exists(host.path("/proc/self/ns/" + name)))
            .toList();
    if (!absent.isEmpty()) {
      add(
          Check.missing(
              "namespaces",
              "the kernel has no " + String.join(", ", absent),
              "boot a kernel with CONFIG_NAMESPACES and its kinds"));
    } else if (host.has("/proc/sys/user/max_user_namespaces")
        && host.number("/proc/sys/user/max_user_namespaces") < 64) {
      add(
          Check.missing(
              "namespaces",
              "user namespaces are limited to " + host.number("/proc/sys/user/max_user_namespaces"),
              "sysctl -w user.max_user_namespaces=15000"));
    } else {
      add(Check.ok("namespaces", "all seven kinds"));
    }
  }

  private void seccomp() {
    add(
        host.has("/proc/sys/kernel/seccomp")
            ? Check.ok("system call filter", "seccomp is there")
            : Check.missing(
                "system call filter",
                "the kernel has no seccomp filters",
                "boot a kernel with CONFIG_SECCOMP_FILTER"));
  }

  private void controlGroups() {
    boolean unified = host.has("/sys/fs/cgroup/cgroup.controllers");
    Set<String> controllers =
        unified
            ? Set.of(host.text("/sys/fs/cgroup/cgroup.controllers").split("\\s+", -1))
            : Set.copyOf(
                List.of("memory", "cpu", "pids", "cpuset", "devices", "freezer").stream()
                    .filter(name -> host.has("/sys/fs/cgroup/" + name))
                    .toList());
    List<String> absent =
        List.of("memory", "cpu", "pids").stream().filter(c -> !controllers.contains(c)).toList();
    String kind = unified ? "v2" : host.has("/sys/fs/cgroup/unified") ? "hybrid" : "v1";
    if (controllers.isEmpty() || absent.size() == 3) {
      add(
          Check.missing(
              "control groups",
              "none are mounted at /sys/fs/cgroup",
              "mount -t cgroup2 none /sys/fs/cgroup, or boot with systemd"));
    } else if (absent.isEmpty()) {
      add(Check.ok("control groups", kind + ", with memory, cpu and pids"));
    } else {
      add(
          Check.warn(
              "control groups",
              kind + ", without " + String.join(", ", absent) + ": such limits are refused",
              absent.contains("memory")
                  ? "boot with cgroup_enable=memory"
                  : "enable the controllers in the kernel's configuration"));
    }
  }

  private void swap() {
    boolean counted =
        host.has("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes")
            || host.has("/sys/fs/cgroup/cgroup.controllers");
    add(
        counted
            ? Check.ok("swap accounting", "--memory-swap works")
            : Check.warn(
                "swap accounting",
                "the kernel does not count swap, so --memory-swap is refused",
                "boot with swapaccount=1"));
  }

  private void overlay() {
    boolean known =
        host.text("/proc/filesystems").contains("overlay")
            || host.hasModule("overlay", "ovl_fill_super");
    String type = host.fileSystemOf(root);
    if (!known) {
      add(
          Check.missing(
              "overlayfs", "the kernel has none", "modprobe overlay, or boot another kernel"));
    } else if (type.equals("overlay")) {
      add(
          Check.missing(
              "overlayfs",
              root + " is on an overlay itself, which cannot be a layer of another",
              "put the root folder on ext4, xfs or tmpfs: ABODE_ROOT=/folder"));
    } else {
      add(Check.ok("overlayfs", "root folder " + root + " on " + type));
    }
  }

  private void idMaps() {
    String type = host.fileSystemOf(root);
    boolean works =
        (host.kernelAtLeast(5, 19) && ID_MAPPABLE.contains(type))
            || (host.kernelAtLeast(6, 3) && type.equals("tmpfs"));
    add(
        works
            ? Check.ok("id-mapped mounts", type + " takes them: root inside is nobody outside")
            : Check.warn(
                "id-mapped mounts",
                type + " on this kernel takes none, so instances need --userns host",
                "put the root folder on ext4, xfs or btrfs, with Linux 5.19 or newer"));
  }

  private void network() {
    List<String> absent = new ArrayList<>();
    if (!host.hasModule("bridge", "br_add_if")) {
      absent.add("bridge");
    }
    if (!host.hasModule("veth", "veth_newlink")) {
      absent.add("veth");
    }
    if (!host.hasModule("nf_tables", "nft_do_chain")) {
      absent.add("nf_tables");
    }
    add(
        absent.isEmpty()
            ? Check.ok("networks", "bridge, veth and nf_tables are there")
            : Check.warn(
                "networks",
                "the kernel has no " + String.join(", ", absent) + ": use --network none or host",
                "modprobe " + String.join(" ", absent)));
  }

  private void forwarding() {
    boolean on = host.number("/proc/sys/net/ipv4/ip_forward") == 1;
    add(
        on
            ? Check.ok("forwarding", "the host passes packets on")
            : Check.warn(
                "forwarding",
                "the host passes no packets on: bridge networks reach no further than the host",
                "sysctl -w net.ipv4.ip_forward=1"));
  }

  private void java() {
    int version = Runtime.version().feature();
    add(
        version >= 25
            ? Check.ok("Java", Runtime.version().toString())
            : Check.missing("Java", "release " + version, "install a JDK 25 and set JAVA_HOME"));
  }

  /** Only a cache that is used is mapped. */
  private void startUp() {
    boolean mapped = host.text("/proc/self/maps").contains(".aot");
    add(
        mapped
            ? Check.ok("start-up cache", "in use")
            : Check.warn(
                "start-up cache",
                "not in use, so every command takes some tenths of a second longer",
                "run ./abode of the checkout, which makes one; the cache fits one JDK only"));
  }

  private void disk() {
    try {
      Path present = root;
      while (present.getNameCount() > 0 && !Files.exists(host.path(present.toString()))) {
        present = present.getNameCount() == 1 ? Path.of("/") : present.resolveSibling("");
      }
      FileStore store = Files.getFileStore(host.path(present.toString()));
      long free = store.getUsableSpace();
      String found = Words.binarySize(free) + " free for " + root;
      add(
          free >= 4 * GIB
              ? Check.ok("disk", found)
              : Check.warn(
                  "disk", found, "abode system prune -a, or move the root folder: ABODE_ROOT"));
    } catch (IOException unreadable) {
      add(Check.warn("disk", "cannot tell: " + unreadable.getMessage(), "look with df"));
    }
  }

  private void memory() {
    long available =
        host.lines("/proc/meminfo").stream()
            .filter(line -> line.startsWith("MemAvailable:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
            .findFirst()
            .orElse(0);
    String found = Words.binarySize(available) + " available";
    add(
        available >= 512 * MIB
            ? Check.ok("memory", found)
            : Check.warn("memory", found, "end what you do not need; the engine takes 0.1 GiB"));
  }

  private void limits() {
    long files = hardLimit("Max open files");
    long pids = host.number("/proc/sys/kernel/pid_max");
    if (files < 4096) {
      add(
          Check.warn(
              "hard limits",
              "this shell may open " + files + " files: some hundred instances at most",
              "ulimit -Hn 1048576 as root, or LimitNOFILE= in the systemd unit, which has it"));
    } else if (pids < 32_768) {
      add(
          Check.warn(
              "hard limits",
              "the host has " + pids + " process numbers",
              "sysctl -w kernel.pid_max=4194304"));
    } else {
      add(
          Check.ok(
              "hard limits",
              (files == Long.MAX_VALUE ? "any number of" : Long.toString(files))
                  + " open files, "
                  + pids
                  + " processes"));
    }
  }

  private long hardLimit(String name) {
    return host.lines("/proc/self/limits").stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).strip().split("\\s+", -1)[1])
        .mapToLong(word -> word.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(word))
        .findFirst()
        .orElse(0);
  }

  private void runFolder() {
    String type = host.fileSystemOf(Path.of("/run"));
    add(
        type.equals("tmpfs")
            ? Check.ok("run folder", "/run is in memory")
            : Check.warn(
                "run folder",
                "/run is on " + type + ", so what belongs to one boot survives it",
                "mount -t tmpfs tmpfs /run early at boot"));
  }
}
