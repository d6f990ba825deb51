package dev.abode.init;

import dev.abode.init.Step.Missing;
import dev.abode.init.Step.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A plan as the engine makes it for a container: all namespaces, an overlay on an id-mapped layer
 * and an id-mapped upper directory, the usual file systems, masks, {@code pivot_root},
 * capabilities. The rootfs is busybox.
 */
final class ContainerPlan {
  static final int FIRST_ID = 200_000;

  private static final Set<MountFlag> SAFE =
      EnumSet.of(MountFlag.NO_SUID, MountFlag.NO_DEV, MountFlag.NO_EXEC);
  private static final List<String> DEVICES =
      List.of("null", "zero", "full", "random", "urandom", "tty");

  private final Path layer;
  private final Path upper;
  private final Path scratch;
  Supervision supervision = supervision(false, false);
  final List<Step> beforeExecute = new ArrayList<>();
  final List<Step> before = new ArrayList<>();
  final List<Step> beside = new ArrayList<>();
  List<String> arguments = List.of("/bin/busybox", "true");

  private ContainerPlan(Path layer, Path upper, Path scratch) {
    this.layer = layer;
    this.upper = upper;
    this.scratch = scratch;
  }

  /** Lays the layer and the upper directory out below {@code folder}. */
  static ContainerPlan in(Path folder) throws IOException {
    Path layer = folder.resolve("layer");
    if (Files.notExists(layer)) {
      for (String name : List.of("bin", "proc", "sys", "dev", "tmp", "etc")) {
        Files.createDirectories(layer.resolve(name));
      }
      Path busybox = layer.resolve("bin/busybox");
      Files.copy(Path.of("/bin/busybox"), busybox);
      if (!busybox.toFile().setExecutable(true, false)) {
        throw new IOException("chmod " + busybox);
      }
      Files.createSymbolicLink(layer.resolve("bin/sh"), Path.of("busybox"));
    }
    Path upper = folder.resolve("instance");
    Files.createDirectories(upper.resolve("upper"));
    Files.createDirectories(upper.resolve("work"));
    return new ContainerPlan(layer, upper, Files.createDirectories(folder.resolve("scratch")));
  }

  static Supervision supervision(boolean terminal, boolean stdin) {
    return new Supervision(
        terminal, 0, 0, stdin, stdin, Optional.empty(), Optional.empty(), Optional.empty());
  }

  ContainerPlan shell(String script) {
    arguments = List.of("/bin/sh", "-c", script);
    return this;
  }

  Path upper() {
    return upper.resolve("upper");
  }

  LaunchPlan plan() {
    List<Step> before = new ArrayList<>(this.before);
    before.add(new Step.OwnMounts(Propagation.PRIVATE));
    String scratch = this.scratch.toString();
    List<Step> beside = new ArrayList<>(this.beside);
    beside.addAll(
        List.of(
            new Step.MapIds(ids(), ids()),
            new Step.Mount("tmpfs", "scratch", Place.HOST, scratch, Set.of(), "mode=755"),
            new Step.Detach(0, layer.toString(), false, true, Set.of(), Propagation.PRIVATE),
            new Step.Attach(0, Place.HOST, scratch + "/0", Missing.MAKE_DIRECTORY),
            new Step.Detach(1, upper.toString(), false, true, Set.of(), Propagation.PRIVATE),
            new Step.Attach(1, Place.HOST, scratch + "/u", Missing.MAKE_DIRECTORY),
            new Step.SetUser(FIRST_ID, FIRST_ID),
            new Step.ChangeDirectory(scratch),
            new Step.Mount(
                "overlay",
                "overlay",
                Place.HOST,
                scratch + "/root",
                Set.of(),
                "lowerdir=0,upperdir=u/upper,workdir=u/work"),
            new Step.Detach(2, scratch + "/root", false, false, Set.of(), Propagation.PRIVATE)));
    return new LaunchPlan(
        supervision,
        before,
        EnumSet.complementOf(EnumSet.of(Namespace.MOUNT)),
        beside,
        inside(scratch));
  }

  private List<Step> inside(String scratch) {
    List<Step> steps = new ArrayList<>();
    steps.add(new Step.OwnMounts(Propagation.UNCHANGED));
    steps.add(new Step.Attach(2, Place.HOST, scratch, Missing.FAIL));
    steps.add(new Step.UseRoot(scratch));
    steps.add(new Step.SetGroups(List.of()));
    steps.add(new Step.SetUser(0, 0));
    steps.add(mount("proc", "/proc", SAFE, ""));
    steps.add(mount("sysfs", "/sys", EnumSet.of(MountFlag.READ_ONLY, MountFlag.NO_EXEC), ""));
    steps.add(mount("tmpfs", "/dev", EnumSet.of(MountFlag.NO_SUID), "mode=755,size=65536k"));
    steps.add(
        mount(
            "devpts",
            "/dev/pts",
            EnumSet.of(MountFlag.NO_SUID, MountFlag.NO_EXEC),
            "newinstance,ptmxmode=0666,mode=0620,gid=5"));
    steps.add(mount("mqueue", "/dev/mqueue", SAFE, ""));
    steps.add(mount("tmpfs", "/dev/shm", SAFE, "mode=1777,size=64m"));
    for (String device : DEVICES) {
      steps.add(
          new Step.Bind(
              Place.HOST,
              "/dev/" + device,
              Place.ROOTFS,
              "/dev/" + device,
              Missing.MAKE_FILE,
              false,
              Set.of()));
    }
    steps.add(new Step.MakeSymlink(Place.ROOTFS, "/dev/ptmx", "pts/ptmx"));
    steps.add(new Step.MakeSymlink(Place.ROOTFS, "/dev/fd", "/proc/self/fd"));
    for (String path : List.of("/proc/kcore", "/proc/keys", "/proc/acpi", "/sys/firmware")) {
      steps.add(new Step.Mask(path));
    }
    for (String path : List.of("/proc/sys", "/proc/irq", "/proc/bus")) {
      steps.add(new Step.ReadOnlyPath(path));
    }
    steps.add(new Step.PivotRoot());
    steps.add(new Step.SetHostname("abode"));
    steps.add(new Step.LoopbackUp());
    if (supervision.terminal()) {
      steps.add(new Step.OpenTerminal(true));
    }
    Set<Capability> capabilities =
        EnumSet.of(Capability.CHOWN, Capability.SETUID, Capability.SETGID, Capability.KILL);
    steps.add(new Step.BoundCapabilities(capabilities));
    steps.add(new Step.SetGroups(List.of()));
    steps.add(new Step.SetUser(0, 0));
    steps.add(new Step.SetCapabilities(capabilities, capabilities, Set.of()));
    steps.add(new Step.ChangeDirectory("/"));
    steps.addAll(beforeExecute);
    steps.add(new Step.Execute(arguments, List.of("PATH=/bin")));
    return steps;
  }

  private static Step mount(String type, String target, Set<MountFlag> flags, String data) {
    return new Step.Mount(type, type, Place.ROOTFS, target, flags, data);
  }

  private static List<IdRange> ids() {
    return List.of(new IdRange(0, FIRST_ID, 65536));
  }

  static LaunchPlan onHost(Supervision supervision, String... arguments) {
    return new LaunchPlan(
        supervision,
        List.of(),
        Set.of(),
        List.of(),
        List.of(new Step.Execute(Arrays.asList(arguments), List.of("PATH=/bin:/usr/bin"))));
  }
}
