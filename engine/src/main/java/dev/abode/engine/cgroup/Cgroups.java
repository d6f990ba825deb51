package dev.abode.engine.cgroup;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Limits;
import dev.abode.linux.CgroupChanges;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All control groups of this host's engines: one folder {@code abode} in each hierarchy, a group
 * for each instance below it.
 *
 * <p>Safe for many threads. While it is open, joining a group is quick on the whole host, see
 * {@link CgroupChanges}.
 */
public final class Cgroups implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cgroups.class);
  private static final String PARENT = "abode";
  private static final int PARENT_ATTEMPTS = 10;

  /** Joined only when limited: making such a group costs as much as all the others together. */
  private static final String CPUSET = "cpuset";

  private final CgroupLayout layout;
  private final int cpus;
  private final Optional<CgroupChanges> changes;

  private Cgroups(CgroupLayout layout, int cpus, Optional<CgroupChanges> changes) {
    this.layout = layout;
    this.cpus = cpus;
    this.changes = changes;
  }

  /**
   * Finds the host's layout and makes the parents.
   *
   * @throws EngineException of kind UNSUPPORTED when there are no control groups, of kind
   *     PERMISSION when they cannot be written
   */
  public static Cgroups open() throws IOException {
    return open(CgroupLayout.detect());
  }

  static Cgroups open(CgroupLayout layout) throws IOException {
    for (Hierarchy hierarchy : layout.hierarchies()) {
      makeParent(layout, hierarchy);
    }
    return new Cgroups(layout, Runtime.getRuntime().availableProcessors(), favorChanges());
  }

  private static Optional<CgroupChanges> favorChanges() {
    try {
      return Optional.of(CgroupChanges.favor(PARENT));
    } catch (IOException e) {
      LOG.debug("joining control groups will take some milliseconds: {}", e.getMessage());
      return Optional.empty();
    }
  }

  private static void makeParent(CgroupLayout layout, Hierarchy hierarchy) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        tryMakeParent(layout, hierarchy);
        return;
      } catch (NoSuchFileException e) {
        // Another engine that stops may take it away again before anything is in it.
        if (attempt == PARENT_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static void tryMakeParent(CgroupLayout layout, Hierarchy hierarchy) throws IOException {
    Path parent = hierarchy.mountPoint().resolve(PARENT);
    try {
      makeIfMissing(parent);
      if (layout.kind() == CgroupLayout.Kind.UNIFIED) {
        enable(hierarchy.mountPoint(), hierarchy);
        enable(parent, hierarchy);
      } else if (hierarchy.has(CPUSET)) {
        // A cpuset begins empty and then takes nobody in, cpuset(7); children copy their parent's.
        copy(hierarchy.mountPoint(), parent, "cpuset.cpus");
        copy(hierarchy.mountPoint(), parent, "cpuset.mems");
        ControlFile.write(parent.resolve("cgroup.clone_children"), "1");
      }
    } catch (NoSuchFileException e) {
      throw e;
    } catch (java.nio.file.FileSystemException e) {
      throw new EngineException(
          EngineException.Kind.PERMISSION,
          "cannot use the control groups at "
              + hierarchy.mountPoint()
              + ": "
              + e.getMessage()
              + "; run the engine as root, with the tree mounted writable",
          e);
    }
  }

  private static void makeIfMissing(Path folder) throws IOException {
    try {
      Files.createDirectory(folder);
    } catch (FileAlreadyExistsException e) {
      // Another engine, or an earlier one, was here.
    }
  }

  private static void copy(Path from, Path to, String file) throws IOException {
    if (ControlFile.read(to.resolve(file)).isEmpty()) {
      ControlFile.write(to.resolve(file), ControlFile.read(from.resolve(file)));
    }
  }

  /** Lets the children of {@code folder} have every controller that the engine uses. */
  private static void enable(Path folder, Hierarchy hierarchy) throws IOException {
    Set<String> enabled =
        Set.of(ControlFile.read(folder.resolve("cgroup.subtree_control")).split(" ", -1));
    for (String controller : List.of("cpu", "cpuset", "io", "memory", "pids")) {
      if (hierarchy.has(controller) && !enabled.contains(controller)) {
        ControlFile.write(folder.resolve("cgroup.subtree_control"), "+" + controller);
      }
    }
  }

  public CgroupLayout layout() {
    return layout;
  }

  /**
   * Makes the group of an instance with its limits and devices, in place of one that an earlier
   * start left empty.
   *
   * @param id 64 hexadecimal digits
   * @throws EngineException of kind INVALID_ARGUMENT or UNSUPPORTED when a limit cannot be applied;
   *     nothing is left then
   */
  public Cgroup create(String id, Limits limits, DeviceAccess devices) throws IOException {
    Map<Hierarchy, Path> folders = folders(id, limits);
    Cgroup group = new Cgroup(layout, id, folders);
    try {
      for (Map.Entry<Hierarchy, Path> entry : folders.entrySet()) {
        makeEmpty(entry.getKey(), entry.getValue());
      }
      group.apply(limits);
      group.apply(devices);
      return group;
    } catch (IOException | RuntimeException e) {
      try {
        group.remove();
      } catch (IOException | RuntimeException cleanUp) {
        e.addSuppressed(cleanUp);
      }
      throw e;
    }
  }

  /**
   * The group that {@link #create} would make, without making it.
   *
   * @throws EngineException of kind INVALID_ARGUMENT when a limit makes no sense
   */
  public Cgroup planned(String id, Limits limits) {
    return new Cgroup(layout, id, folders(id, limits));
  }

  /**
   * Looks through limits as Docker does, whatever they are set for.
   *
   * @throws EngineException of kind INVALID_ARGUMENT when one makes no sense on this host
   */
  public void review(Limits limits) {
    LimitSettings.check(limits, cpus);
  }

  private Map<Hierarchy, Path> folders(String id, Limits limits) {
    LimitSettings.check(limits, cpus);
    boolean cpuset =
        limits.cpusetCpus().filter(c -> !c.isEmpty()).isPresent()
            || limits.cpusetMems().filter(m -> !m.isEmpty()).isPresent();
    Map<Hierarchy, Path> folders = new LinkedHashMap<>();
    for (Hierarchy hierarchy : layout.hierarchies()) {
      if (!hierarchy.controllers().equals(List.of(CPUSET)) || cpuset) {
        folders.put(hierarchy, folder(hierarchy, id));
      }
    }
    return folders;
  }

  private void makeEmpty(Hierarchy hierarchy, Path folder) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        Files.createDirectory(folder);
        return;
      } catch (FileAlreadyExistsException e) {
        CgroupTree.remove(folder);
      } catch (NoSuchFileException e) {
        // Another engine left, and took the parent along because it was empty just then.
        if (attempt == PARENT_ATTEMPTS) {
          throw e;
        }
        makeParent(layout, hierarchy);
      }
    }
  }

  private static Path folder(Hierarchy hierarchy, String id) {
    return hierarchy.mountPoint().resolve(PARENT).resolve(id);
  }

  /**
   * The group of an instance as it is found on this host; without a member folder if it is gone.
   */
  public Cgroup find(String id) {
    Map<Hierarchy, Path> folders = new LinkedHashMap<>();
    for (Hierarchy hierarchy : layout.hierarchies()) {
      Path folder = folder(hierarchy, id);
      if (Files.isDirectory(folder)) {
        folders.put(hierarchy, folder);
      }
    }
    return new Cgroup(layout, id, folders);
  }

  /**
   * Kills what is left in the group of an instance, and removes it. Nothing to do when it is gone.
   *
   * @throws EngineException of kind CONFLICT when processes stay in it
   */
  public void takeDown(String id) throws IOException {
    if (!removeEmpty(id)) {
      Cgroup group = find(id);
      group.killAll();
      group.remove();
    }
  }

  /** A workload that ended leaves an empty group nearly always, and then this is all it takes. */
  private boolean removeEmpty(String id) {
    try {
      for (Hierarchy hierarchy : layout.hierarchies()) {
        Files.deleteIfExists(folder(hierarchy, id));
      }
      return true;
    } catch (IOException e) {
      LOG.debug("the control group of {} is not empty: {}", id, e.getMessage());
      return false;
    }
  }

  /** The instances that have a group, those of other engines on this host included. */
  public Set<String> ids() throws IOException {
    Set<String> ids = new TreeSet<>();
    for (Hierarchy hierarchy : layout.hierarchies()) {
      try (var folders =
          Files.newDirectoryStream(hierarchy.mountPoint().resolve(PARENT), Files::isDirectory)) {
        folders.forEach(folder -> ids.add(folder.getFileName().toString()));
      } catch (NoSuchFileException e) {
        // Another engine of this host stopped, and took the parent away with its last instance.
      }
    }
    return ids;
  }

  /** What cannot be limited on this host, a sentence each, for {@code info}. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    for (String controller : List.of("memory", "cpu", "pids", "cpuset")) {
      if (layout.find(controller).isEmpty()) {
        warnings.add("WARNING: No " + controller + " limit support");
      }
    }
    return warnings;
  }

  /**
   * Removes the parents if no instance is left in them, and gives up the quick joins.
   *
   * <p>Called when an engine stops; another engine on this host makes them again when it needs to.
   */
  @Override
  public void close() {
    changes.ifPresent(CgroupChanges::close);
    for (Hierarchy hierarchy : layout.hierarchies()) {
      try {
        Files.deleteIfExists(hierarchy.mountPoint().resolve(PARENT));
      } catch (IOException e) {
        LOG.debug("instances are left in {}: {}", hierarchy.mountPoint(), e.getMessage());
      }
    }
  }
}
