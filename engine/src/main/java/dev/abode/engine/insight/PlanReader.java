package dev.abode.engine.insight;

import dev.abode.engine.cgroup.DeviceAccess;
import dev.abode.engine.cgroup.DeviceRule;
import dev.abode.engine.launch.Blueprint;
import dev.abode.init.LaunchPlan;
import dev.abode.init.LaunchPlan.Phase;
import dev.abode.init.Namespace;
import dev.abode.init.Step;
import dev.abode.init.Supervision;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads a blueprint step by step and says in plain words what each step makes. Every kind of step
 * has its place here, and a new one does not compile before it has.
 */
final class PlanReader {
  private final Chapters chapters = new Chapters();
  private final PlannedMounts mounts = new PlannedMounts();
  private final PlannedRights rights = new PlannedRights(chapters);
  private final PlannedLimits limits = new PlannedLimits(chapters);
  private final Set<Namespace> own = EnumSet.noneOf(Namespace.class);
  private final Set<Namespace> joined = EnumSet.noneOf(Namespace.class);
  private final Set<Integer> joinedPids = new HashSet<>();

  private PlanReader() {}

  static PlanReader read(Blueprint blueprint) {
    PlanReader reader = new PlanReader();
    reader.plan(blueprint.plan());
    reader.namespaces();
    reader.mounts();
    reader.allowedDevices(blueprint.devices());
    reader.limits.controlGroups(blueprint.controlGroups());
    reader.supervision(blueprint.plan().supervision());
    return reader;
  }

  Chapters chapters() {
    return chapters;
  }

  /** The processes whose namespaces are shared. */
  Set<Integer> joinedPids() {
    return joinedPids;
  }

  PlannedMounts plannedMounts() {
    return mounts;
  }

  private void plan(LaunchPlan plan) {
    own.addAll(plan.namespaces());
    plan.inside().stream()
        .filter(step -> step instanceof Step.Execute || step instanceof Step.SetUser)
        .forEach(step -> step(Phase.INSIDE, step));
    rights.unbounded();
    plan.before().forEach(step -> step(Phase.BEFORE, step));
    plan.beside().forEach(step -> step(Phase.BESIDE, step));
    plan.inside().forEach(step -> step(Phase.INSIDE, step));
  }

  private void step(Phase phase, Step step) {
    boolean inside = phase == Phase.INSIDE;
    switch (step) {
      case Step.Tolerated tolerated -> step(phase, tolerated.step());
      case Step.Enter enter -> enter(enter);
      case Step.OwnMounts ignored -> {
        if (inside) {
          own.add(Namespace.MOUNT);
        }
      }
      case Step.MapIds map -> ids(map);
      case Step.TellEngine ignored -> {}
      case Step.AwaitEngine ignored ->
          chapters.plan(
              Topic.NETWORK,
              "interfaces",
              "moved in by the engine",
              "",
              "The process waits before its first instruction until they are there.");
      case Step.Detach detach -> mounts.detach(detach);
      case Step.Attach attach -> mounts.attach(attach, inside);
      case Step.Mount mount -> {
        mounts.mount(mount, inside);
        if (mount.type().equals("overlay")) {
          overlay(mount);
        }
      }
      case Step.Bind bind -> mounts.bind(bind, inside);
      case Step.ChangeMount change -> mounts.change(change);
      case Step.UseRoot root -> mounts.useRoot(root);
      case Step.Mask mask ->
          chapters.plan(Topic.HIDDEN, mask.path(), "hidden", "", HiddenWords.of(mask.path()));
      case Step.ReadOnlyPath path ->
          chapters.plan(Topic.HIDDEN, path.path(), "read-only", "", HiddenWords.of(path.path()));
      case Step.PivotRoot ignored ->
          chapters.plan(
              Topic.ROOT,
              "old root",
              "let go by pivot_root",
              "",
              "No path leads back to the host's files, as one can after chroot alone.");
      case Step.WriteFile write -> limits.write(phase, write);
      case Step.MakeDirectory make -> {
        if (inside) {
          chapters.plan(Topic.ROOT, make.path(), "made if missing", "", "The working folder.");
        }
      }
      // Names of things that are told of already.
      case Step.MakeSymlink ignored -> {}
      case Step.MakeDevice device -> device(device);
      case Step.SetHostname name ->
          chapters.plan(Topic.SETTINGS, "host name", "set", name.name(), "");
      case Step.SetDomainname name ->
          chapters.plan(Topic.SETTINGS, "domain name", name.name(), "", "");
      case Step.LoopbackUp ignored ->
          chapters.plan(
              Topic.NETWORK, "lo", "up", "", "127.0.0.1 is the instance itself, not the host.");
      case Step.SetLimit limit -> limits.limit(phase, limit);
      case Step.OpenTerminal terminal -> {
        chapters.plan(
            Topic.PROGRAM,
            "terminal",
            "a new one",
            "",
            "From the instance's own /dev/pts, so that the terminal of whoever started it is out"
                + " of reach.");
        if (terminal.console()) {
          mounts.console();
        }
      }
      // Who may open /dev/stdout again: no wall.
      case Step.OwnStreams ignored -> {}
      // What memory costs: no wall.
      case Step.SmallPages ignored -> {}
      case Step.SetUmask umask ->
          chapters.plan(
              Topic.PROGRAM, "umask", String.format(Locale.ROOT, "%04o", umask.mask()), "", "");
      case Step.SetGroups groups ->
          chapters.plan(Topic.PROGRAM, "groups", Wording.groups(groups.gids()), "", "");
      case Step.SetUser user -> {
        if (inside) {
          user(user);
        }
      }
      case Step.BoundCapabilities bounds -> rights.bounding(bounds.keep());
      case Step.SetCapabilities set -> rights.held(set);
      case Step.NoNewPrivileges ignored -> rights.noNewPrivileges();
      case Step.Seccomp seccomp -> rights.filter(seccomp.program());
      case Step.ChangeDirectory change -> {
        if (inside) {
          chapters.plan(
              Topic.PROGRAM,
              "working folder",
              change.path(),
              "",
              "Checked to be below the root, so that no open folder of the host can be one.");
        }
      }
      case Step.StayAsInit ignored ->
          chapters.plan(
              Topic.PROGRAM,
              "init",
              "a small init stays as process 1",
              "",
              "It hands signals on and reaps orphans; the program is its child.");
      case Step.Execute execute -> execute(execute);
      case Step.ServeFiles ignored ->
          chapters.plan(Topic.PROGRAM, "program", "none: it serves its files", "", "");
      case Step.Restore restore ->
          chapters.plan(
              Topic.PROGRAM,
              "program",
              restore.criu().getFirst(),
              "",
              "It makes the processes of a snapshot again, as they were.");
      case Step.KeepFile kept ->
          chapters.plan(
              Topic.PROGRAM, "descriptor " + kept.descriptor(), "a file, open to read", "", "");
      case Step.OpenFile opened ->
          chapters.plan(Topic.PROGRAM, "opened for it", opened.path(), "", "");
      case Step.AwaitDisk disk ->
          chapters.plan(Topic.DEVICES, disk.link(), "virtual disk", disk.serial(), "");
      case Step.LoadModule module ->
          chapters.plan(
              Topic.SETTINGS, "module " + module.path(), "loaded", module.parameters(), "");
      case Step.MakeFile file -> {
        if (inside) {
          chapters.plan(Topic.ROOT, file.path(), "written by the engine", "", "");
        }
      }
      case Step.NameInterface named ->
          chapters.plan(Topic.NETWORK, named.name(), "a network card", named.mac(), "");
      case Step.RaiseInterface ignored -> {}
      case Step.AddAddress address ->
          chapters.plan(
              Topic.NETWORK,
              "address of " + address.name(),
              address.address().getHostAddress() + "/" + address.prefix(),
              "",
              "");
      case Step.AddNeighbour neighbour ->
          chapters.plan(
              Topic.NETWORK,
              "neighbour of " + neighbour.name(),
              neighbour.address().getHostAddress(),
              "",
              "");
      case Step.AddRoute route ->
          chapters.plan(
              Topic.NETWORK,
              "default route",
              "by " + route.name(),
              route.gateway().getHostAddress(),
              "");
      case Step.Hold ignored ->
          chapters.plan(Topic.PROGRAM, "program", "none: it only holds its files", "", "");
    }
  }

  // ---- program

  private void execute(Step.Execute execute) {
    chapters.plan(
        Topic.PROGRAM,
        "program",
        execute.arguments().stream().map(PlanReader::quoted).collect(Collectors.joining(" ")),
        "",
        "Every descriptor above the three standard streams is closed before.");
    chapters.plan(
        Topic.PROGRAM,
        "environment",
        execute.environment().stream()
            .map(line -> line.split("=", 2)[0])
            .collect(Collectors.joining(", ")),
        "",
        "Of the engine's own environment it gets nothing.");
  }

  static String quoted(String word) {
    return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private void user(Step.SetUser user) {
    chapters.plan(
        Topic.PROGRAM,
        "user",
        Wording.identity(user.uid(), user.gid()),
        "",
        user.uid() == 0
            ? "Root, but of its own user namespace and with the capabilities below only."
            : "An ordinary user: it holds no capability at all.");
  }

  // ---- namespaces and ids

  private void enter(Step.Enter enter) {
    if (!enter.namespaces().equals(Set.of(Namespace.MOUNT))) {
      joined.addAll(enter.namespaces());
      joinedPids.add(enter.pid());
    }
  }

  private void namespaces() {
    for (Namespace namespace : Namespace.values()) {
      boolean isOwn = own.contains(namespace);
      boolean isForeign = joined.contains(namespace);
      chapters.plan(
          Topic.NAMESPACES,
          namespace.procName(),
          isOwn ? Wording.OWN : isForeign ? Wording.FOREIGN : Wording.HOST,
          isForeign ? "that of process " + joinedPids : "",
          isOwn
              ? Wording.why(namespace)
              : isForeign
                  ? "Shared, as asked."
                  : "No wall of this kind: it sees what the host sees.");
    }
    if (!own.contains(Namespace.USER)) {
      chapters.plan(
          Topic.IDS,
          "ids",
          joined.contains(Namespace.USER) ? Wording.FOREIGN : "the host's own",
          "",
          "Root inside is root outside, held back by the other walls only.");
    }
  }

  private void ids(Step.MapIds map) {
    chapters.plan(
        Topic.IDS,
        "ids",
        Wording.ids(map.uids()),
        Wording.idLines(map.uids()),
        "Whoever breaks out is nobody outside. Files on disk keep the ids that are seen inside:"
            + " the map is at the mounts.");
  }

  // ---- file systems

  private void overlay(Step.Mount overlay) {
    String data = overlay.data();
    long layers =
        data.lines()
            .flatMap(line -> List.of(line.split(",", -1)).stream())
            .filter(option -> option.startsWith("lowerdir="))
            .flatMap(option -> List.of(option.split(":", -1)).stream())
            .count();
    chapters.plan(
        Topic.ROOT,
        "layers",
        layers + (layers == 1 ? " layer" : " layers") + " of the image, read-only",
        "",
        "Shared by all instances of the image; nobody can change them.");
    chapters.plan(
        Topic.ROOT,
        "changes",
        "into a folder of the instance's own",
        "",
        "Removed with it; abode diff lists them.");
  }

  private void mounts() {
    mounts
        .inside()
        .forEach(
            (target, mounted) ->
                chapters.plan(
                    Topic.MOUNTS,
                    target,
                    Wording.mount(mounted.type(), mounted.options()),
                    mounted.tellsSource() ? mounted.from() : "",
                    MountWords.of(target, mounted)));
  }

  // ---- devices

  private void device(Step.MakeDevice device) {
    int at = device.path().indexOf("/dev/");
    chapters.plan(
        Topic.DEVICES,
        at < 0 ? device.path() : device.path().substring(at),
        (device.type() == 'c' ? "character" : "block")
            + " device "
            + device.major()
            + ":"
            + device.minor(),
        "",
        "");
  }

  private void allowedDevices(DeviceAccess access) {
    chapters.plan(
        Topic.DEVICES,
        "may be opened",
        access.everything()
            ? "every device of the host"
            : access.rules().stream().map(DeviceRule::toString).collect(Collectors.joining("; ")),
        "",
        access.everything()
            ? "It can read and write the host's disks: this is no wall."
            : "All others are refused by its control group, even if it makes their files itself.");
  }

  // ---- supervisor

  private void supervision(Supervision supervision) {
    chapters.plan(
        Topic.SUPERVISION,
        "output",
        supervision
            .log()
            .map(log -> "kept in a log of " + log.maxFiles() + " parts")
            .orElse("not kept"),
        supervision.log().map(log -> log.file().toString()).orElse(""),
        "Written by the supervisor, so it goes on when the engine is gone.");
    chapters.plan(
        Topic.SUPERVISION,
        "input",
        supervision.openStdin() ? "open" : "at its end from the start",
        "",
        "");
    chapters.plan(
        Topic.SUPERVISION,
        "end",
        "its status, signal and memory kills are written down",
        supervision.exitRecord().map(Path::toString).orElse(""),
        "The next engine reads it if this one is gone by then.");
  }
}
