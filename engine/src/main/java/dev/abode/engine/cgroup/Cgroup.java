package dev.abode.engine.cgroup;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.Stats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The control group of one instance: the same name in each hierarchy that matters.
 *
 * <p>Made by {@link Cgroups#create}, joined by a launch plan through {@link #placement}, {@link
 * #remove removed} when its last process is gone. Found again by {@link Cgroups#find} after the
 * engine was restarted; there is no state here beside the kernel's.
 */
public final class Cgroup {
  private final CgroupLayout layout;
  private final String id;
  private final Map<Hierarchy, Path> folders;

  Cgroup(CgroupLayout layout, String id, Map<Hierarchy, Path> folders) {
    this.layout = layout;
    this.id = id;
    this.folders = new LinkedHashMap<>(folders);
  }

  private boolean unified() {
    return layout.kind() == CgroupLayout.Kind.UNIFIED;
  }

  /** The folder with the files of {@code controller}; on v2 all are in one. */
  private synchronized Optional<Path> folder(String controller) {
    return folders.entrySet().stream()
        .filter(e -> unified() || e.getKey().has(controller))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private Path required(String controller, String what) {
    return folder(controller)
        .orElseThrow(
            () ->
                new EngineException(
                    EngineException.Kind.UNSUPPORTED,
                    "cannot apply "
                        + what
                        + ": the control group controller \""
                        + controller
                        + "\" is not available on this host; leave the limit out"));
  }

  private synchronized List<Path> all() {
    return List.copyOf(folders.values());
  }

  /** Whether the kernel still has it. */
  public boolean exists() {
    return all().stream().anyMatch(Files::isDirectory);
  }

  /** What a launch plan needs to put a process here. */
  public synchronized CgroupPlacement placement() {
    return new CgroupPlacement(
        unified(),
        folders.entrySet().stream()
            .map(e -> new CgroupPlacement.Membership(e.getKey(), e.getValue()))
            .toList(),
        folder("memory").map(f -> f.resolve(unified() ? "memory.events" : "memory.oom_control")));
  }

  // ---- limits

  /**
   * Sets every limit that {@code limits} names and leaves the others as they are.
   *
   * @throws EngineException of kind INVALID_ARGUMENT or UNSUPPORTED when one cannot be applied;
   *     those before it are in force then
   */
  public void update(Limits limits) throws IOException {
    LimitSettings.check(limits, Runtime.getRuntime().availableProcessors());
    boolean cpuset = limits.cpusetCpus().isPresent() || limits.cpusetMems().isPresent();
    if (cpuset && !unified() && folder("cpuset").isEmpty()) {
      joinLate("cpuset");
    }
    apply(limits);
  }

  /** Makes the group in a hierarchy it is not in yet, and moves the running processes there. */
  private void joinLate(String controller) throws IOException {
    Optional<Hierarchy> hierarchy = layout.find(controller);
    Optional<Path> running = folder("pids").or(() -> folder("memory"));
    if (hierarchy.isEmpty() || running.isEmpty()) {
      return;
    }
    Path folder = hierarchy.get().mountPoint().resolve("abode").resolve(id);
    Files.createDirectories(folder);
    synchronized (this) {
      folders.put(hierarchy.get(), folder);
    }
    // A process may fork while it is moved, so until everyone is there.
    List<Long> left = CgroupTree.processes(running.get());
    while (!left.isEmpty()) {
      for (long pid : left) {
        move(pid, folder);
      }
      List<Long> there = CgroupTree.processes(folder);
      left = new ArrayList<>(CgroupTree.processes(running.get()));
      left.removeAll(there);
    }
  }

  private static void move(long pid, Path folder) throws IOException {
    try {
      ControlFile.write(folder.resolve("cgroup.procs"), Long.toString(pid));
    } catch (IOException e) {
      if (ProcessHandle.of(pid).isPresent()) {
        throw e;
      }
    }
  }

  void apply(Limits limits) throws IOException {
    for (ControlWrite write : writes(limits)) {
      ControlFile.writeLimit(write.file(), write.value(), write.what());
    }
  }

  /**
   * What is written to put {@code limits} in force, in order. Only v1's memory files are looked at,
   * since the order of their writes depends on what they hold.
   *
   * @throws EngineException of kind UNSUPPORTED when this host has no such limit
   */
  public List<ControlWrite> writes(Limits limits) throws IOException {
    List<ControlWrite> writes = new ArrayList<>();
    if (!unified()) {
      writes.addAll(memoryWritesV1(limits));
    }
    for (LimitSettings.Setting setting :
        unified() ? LimitSettings.v2(limits) : LimitSettings.v1(limits)) {
      Path folder = required(setting.controller(), setting.what());
      writes.add(
          new ControlWrite(fileFor(folder, setting.file()), setting.value(), setting.what()));
    }
    return writes;
  }

  /** The weight's file has one of two names, after the scheduler that implements it. */
  private static Path fileFor(Path folder, String file) {
    return switch (file) {
      case "blkio.bfq.weight" ->
          known(folder, file) ? folder.resolve(file) : folder.resolve("blkio.weight");
      default -> folder.resolve(file);
    };
  }

  /**
   * Whether a group at {@code folder} has that file; if there is no group yet, its parent tells.
   */
  private static boolean known(Path folder, String file) {
    Path looked = Files.isDirectory(folder) ? folder : folder.resolveSibling("");
    return Files.exists(looked.resolve(file));
  }

  /**
   * v1 keeps memory at most memory plus swap at every moment, so which is written first depends on
   * the direction.
   */
  private List<ControlWrite> memoryWritesV1(Limits limits) throws IOException {
    long memory = limits.memoryBytes().orElse(0);
    OptionalLong total = LimitSettings.memoryAndSwap(limits);
    if (memory == 0 && total.isEmpty()) {
      return List.of();
    }
    Path folder = required("memory", "--memory");
    Path totalFile = folder.resolve("memory.memsw.limit_in_bytes");
    boolean countsSwap = known(folder, "memory.memsw.limit_in_bytes");
    if (!countsSwap && limits.memorySwapBytes().orElse(0) > 0) {
      throw new EngineException(
          EngineException.Kind.UNSUPPORTED,
          "cannot apply --memory-swap: this kernel does not account swap; boot it with"
              + " swapaccount=1 or leave the limit out");
    }
    OptionalLong present = countsSwap ? ControlFile.readNumber(totalFile) : OptionalLong.empty();
    long wanted = memory < 0 ? -1 : total.orElse(0);
    List<ControlWrite> writes = new ArrayList<>();
    if (memory != 0) {
      writes.add(
          new ControlWrite(
              folder.resolve("memory.limit_in_bytes"), Long.toString(memory), "--memory"));
    }
    if (countsSwap && wanted != 0) {
      boolean first = wanted < 0 || Long.compareUnsigned(wanted, present.orElse(-1)) > 0;
      writes.add(
          first ? 0 : writes.size(),
          new ControlWrite(totalFile, Long.toString(wanted), "--memory-swap"));
    }
    return writes;
  }

  void apply(DeviceAccess devices) throws IOException {
    if (devices.everything()) {
      return;
    }
    if (unified()) {
      DeviceFilter.attach(all().getFirst(), devices);
      return;
    }
    Path folder = required("devices", "the default-deny of devices");
    ControlFile.write(folder.resolve("devices.deny"), "a");
    ControlFile.writeEach(
        folder.resolve("devices.allow"),
        devices.rules().stream().map(DeviceRule::toString).toList());
  }

  // ---- processes

  /** The processes in it, and in groups that they made below, as the host numbers them. */
  public List<Long> processes() throws IOException {
    Optional<Path> folder =
        folder("pids").or(() -> folder("memory")).or(() -> all().stream().findFirst());
    return folder.isEmpty() ? List.of() : CgroupTree.processes(folder.get());
  }

  /** The folder whose files stop all processes in it, if this host has such a thing. */
  public Optional<Path> freezer() {
    return folder("freezer");
  }

  /** Stops every process in it from running; returns when the last one has stopped. */
  public void freeze() throws IOException {
    Freezer.of(required("freezer", "pause"), unified()).freeze();
  }

  /** Lets them run again. */
  public void thaw() throws IOException {
    Freezer.of(required("freezer", "unpause"), unified()).thaw();
  }

  /** Whether {@link #freeze} is in force. */
  public boolean frozen() throws IOException {
    Optional<Path> folder = folder("freezer");
    return folder.isPresent() && Freezer.of(folder.get(), unified()).frozen();
  }

  /**
   * Kills every process in it with SIGKILL, also those that fork meanwhile. They may take a moment
   * to be gone; {@link #remove} waits for that.
   */
  public void killAll() throws IOException {
    Optional<Path> folder = folder("freezer").or(() -> all().stream().findFirst());
    if (folder.isEmpty() || !Files.isDirectory(folder.get())) {
      return;
    }
    Path kill = folder.get().resolve("cgroup.kill");
    if (Files.exists(kill)) {
      ControlFile.write(kill, "1");
      return;
    }
    Freezer freezer = Freezer.of(folder.get(), unified());
    CgroupTree.waitUntil(
        () -> {
          // Frozen, none of them can fork.
          boolean frozen = freezer.tryFreeze();
          boolean none = CgroupTree.processes(folder.get()).isEmpty();
          CgroupTree.killOnce(folder.get());
          if (frozen) {
            freezer.thaw();
          }
          return none;
        });
  }

  /**
   * Removes it, waiting a moment for processes that are about to be gone. Nothing to do when it is
   * gone already.
   *
   * @throws EngineException of kind CONFLICT when processes stay in it
   */
  public void remove() throws IOException {
    for (Path folder : all()) {
      CgroupTree.remove(folder);
    }
  }

  // ---- figures

  /**
   * What it uses now; everything 0 when it is gone.
   *
   * @param interfaces network counters, which control groups do not keep
   */
  public Stats stats(List<Stats.NetworkInterface> interfaces) throws IOException {
    return unified()
        ? Usage.v2(all().stream().findFirst(), interfaces)
        : Usage.v1(this::folder, interfaces);
  }
}
