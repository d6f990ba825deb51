package dev.abode.engine.cgroup;

import dev.abode.engine.failure.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How control groups are mounted on this host. In {@link Kind#HYBRID} the v2 tree has no controller
 * of use; the engine then works on the v1 hierarchies alone.
 *
 * @param hierarchies with a controller the engine uses; for {@link Kind#UNIFIED} the one tree
 */
public record CgroupLayout(Kind kind, List<Hierarchy> hierarchies) {
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

  /** The controllers that an instance's limits, devices and figures come from. */
  static final Set<String> USED =
      Set.of("cpu", "cpuacct", "cpuset", "memory", "pids", "devices", "freezer", "blkio");

  /** The three arrangements found on Linux hosts. */
  public enum Kind {
    V1,
    /** Controllers on v1, and a v2 tree beside them without those. */
    HYBRID,
    /** v2 only. */
    UNIFIED
  }

  public CgroupLayout {
    hierarchies = List.copyOf(hierarchies);
  }

  /**
   * Reads the mount table.
   *
   * @throws EngineException of kind UNSUPPORTED when no control groups are mounted
   */
  public static CgroupLayout detect() throws IOException {
    return parse(Files.readAllLines(MOUNTS), CgroupLayout::controllersOf);
  }

  /** How the controllers of a v2 tree's root become known. */
  @FunctionalInterface
  interface RootControllers {
    List<String> of(Path root) throws IOException;
  }

  static CgroupLayout parse(List<String> mountinfo, RootControllers controllers)
      throws IOException {
    List<Hierarchy> v1 = new ArrayList<>();
    Optional<Path> v2 = Optional.empty();
    for (String line : mountinfo) {
      // proc_pid_mountinfo(5): …  (4) root  (5) mount point … "-" type source super-options
      String[] halves = line.split(" - ", 2);
      if (halves.length != 2) {
        continue;
      }
      String mountPoint = halves[0].split(" ", -1)[4];
      String[] file = halves[1].split(" ", -1);
      if (file[0].equals("cgroup2")) {
        v2 = v2.isPresent() ? v2 : Optional.of(Path.of(mountPoint));
      } else if (file[0].equals("cgroup")) {
        List<String> bound =
            Arrays.stream(file[2].split(",", -1)).filter(USED::contains).distinct().toList();
        if (!bound.isEmpty() && v1.stream().noneMatch(h -> h.controllers().equals(bound))) {
          v1.add(new Hierarchy(Path.of(mountPoint), bound));
        }
      }
    }
    if (!v1.isEmpty()) {
      return new CgroupLayout(v2.isPresent() ? Kind.HYBRID : Kind.V1, v1);
    }
    if (v2.isPresent()) {
      return new CgroupLayout(
          Kind.UNIFIED, List.of(new Hierarchy(v2.get(), controllers.of(v2.get()))));
    }
    throw new EngineException(
        EngineException.Kind.UNSUPPORTED,
        "no control groups are mounted on this host; mount the v2 tree with"
            + " \"mount -t cgroup2 cgroup2 /sys/fs/cgroup\" and start the engine again");
  }

  private static List<String> controllersOf(Path root) throws IOException {
    return List.of(Files.readString(root.resolve("cgroup.controllers")).strip().split(" ", -1));
  }

  /** Docker's count: 2 for a unified host, otherwise 1. */
  public int version() {
    return kind == Kind.UNIFIED ? 2 : 1;
  }

  /** The v1 hierarchy that {@code controller} is bound to, or the v2 tree if it has it. */
  Optional<Hierarchy> find(String controller) {
    return hierarchies.stream().filter(h -> h.has(controller)).findFirst();
  }
}
