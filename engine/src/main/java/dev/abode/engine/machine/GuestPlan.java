package dev.abode.engine.machine;

import dev.abode.engine.cgroup.CgroupPlacement;
import dev.abode.engine.cgroup.Hierarchy;
import dev.abode.engine.container.ContainerGround;
import dev.abode.engine.container.ContainerPlan;
import dev.abode.engine.container.EtcFiles;
import dev.abode.engine.container.ExecPlan;
import dev.abode.engine.container.SharedNamespace;
import dev.abode.engine.container.Sysctls;
import dev.abode.engine.guest.Initramfs;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.Sharing;
import dev.abode.image.ImageConfig;
import dev.abode.init.LaunchPlan;
import dev.abode.init.MountFlag;
import dev.abode.init.ResourceLimit;
import dev.abode.init.Step;
import dev.abode.init.Step.Place;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The recipe of a workload in a guest. It is a container's, of a container that has a whole kernel
 * to itself: the guest's network and users are its own, so it takes no namespaces for them. Before
 * it, the disks are found and mounted, and the limits that the guest's kernel can keep are set.
 */
public final class GuestPlan {
  private static final String DISKS = "/disks/";
  private static final String LAYERS = "/layers/";
  static final String OWN = "/disk";
  private static final Path GROUPS = Path.of("/sys/fs/cgroup");

  /** The group of the workload, which the agent makes. */
  public static final Path GROUP = GROUPS.resolve("workload");

  /** The serial number of the instance's own disk. */
  public static final String OWN_DISK = "disk";

  private static final long OPEN_FILES = 1_048_576;

  private GuestPlan() {}

  /** The serial number of a layer's disk, 0 being the top one. */
  public static String layerDisk(int number) {
    return "layer-" + number;
  }

  /** The plan of the workload. */
  public static LaunchPlan of(InstanceSpec spec, ImageConfig image, GuestGround ground) {
    LaunchPlan workload = ContainerPlan.of(inside(spec), image, container(ground));
    List<Step> before = new ArrayList<>();
    mountLayers(before, ground.layers());
    mountOwnDisk(before);
    mountShares(before, ground);
    etcFiles(before, ground.etc());
    limits(before, spec.limits());
    before.add(new Step.LoopbackUp());
    GuestNetwork.setUp(before, ground.cards());
    before.addAll(Sysctls.ofOwnKernel(spec.security().sysctls()));
    before.addAll(workload.before());
    return new LaunchPlan(
        workload.supervision(),
        before,
        workload.namespaces(),
        workload.beside(),
        workload.inside());
  }

  /** The steps by which a guest that went on from an earlier moment gets other addresses. */
  public static List<Step> moved(List<NetworkCard> cards) {
    List<Step> steps = new ArrayList<>();
    GuestNetwork.move(steps, cards);
    return steps;
  }

  /** The steps by which a guest takes up one more card, the last of {@code cards}. */
  public static List<Step> joined(List<NetworkCard> cards) {
    List<Step> steps = new ArrayList<>();
    GuestNetwork.join(steps, cards);
    return steps;
  }

  /** The steps by which a guest that has lost a card finds its way with those it has. */
  public static List<Step> parted(List<NetworkCard> cards) {
    List<Step> steps = new ArrayList<>();
    GuestNetwork.lead(steps, cards);
    return steps;
  }

  /** The plan of a further process beside the workload. */
  public static LaunchPlan of(
      InstanceSpec spec, ImageConfig image, GuestGround ground, ExecSpec exec) {
    // Only the agent knows the workload's number in the guest; 0 stands for it.
    return ExecPlan.of(inside(spec), image, container(ground), exec, new SharedNamespace(0, 0));
  }

  /** What is asked for as the guest's kernel sees it. */
  private static InstanceSpec inside(InstanceSpec spec) {
    Sharing.With own = new Sharing.With.Nobody();
    return spec.toBuilder()
        .isolation(Isolation.CONTAINER)
        .network(new NetworkMode.Host())
        .sharing(new Sharing(own, own, own, new Sharing.With.Host(), own))
        .security(spec.security().withSysctls(ofNamespaces(spec.security().sysctls())))
        .build();
  }

  /** The parameters that are the workload's in its guest, too; the others are set before it. */
  private static Map<String, String> ofNamespaces(Map<String, String> sysctls) {
    Map<String, String> some = new HashMap<>(sysctls);
    some.keySet().removeIf(name -> !Sysctls.isOfIpcOrUts(name));
    return some;
  }

  static ContainerGround container(GuestGround ground) {
    List<Path> layers = new ArrayList<>();
    for (int i = 0; i < ground.layers(); i++) {
      layers.add(Path.of(LAYERS + i));
    }
    return new ContainerGround(
        ground.id(),
        Path.of(OWN),
        layers,
        ground.identity(),
        OptionalLong.empty(),
        placement(),
        ground.shares().stream().map(Share::inGuest).toList(),
        List.of(),
        Map.of(),
        false,
        Optional.empty(),
        Optional.empty(),
        ground.kernel());
  }

  private static CgroupPlacement placement() {
    Hierarchy hierarchy = new Hierarchy(GROUPS, List.of("cpu", "io", "memory", "pids"));
    return new CgroupPlacement(
        true,
        List.of(new CgroupPlacement.Membership(hierarchy, GROUP)),
        Optional.of(GROUP.resolve("memory.events")));
  }

  static void mountLayers(List<Step> steps, int layers) {
    for (int i = 0; i < layers; i++) {
      String disk = DISKS + layerDisk(i);
      steps.add(new Step.AwaitDisk(layerDisk(i), disk));
      steps.add(
          new Step.Mount("erofs", disk, Place.HOST, LAYERS + i, Set.of(MountFlag.READ_ONLY), ""));
    }
  }

  static void mountOwnDisk(List<Step> steps) {
    steps.add(new Step.AwaitDisk(OWN_DISK, DISKS + OWN_DISK));
    steps.add(
        new Step.Mount(
            "ext4",
            DISKS + OWN_DISK,
            Place.HOST,
            OWN,
            Set.of(),
            // Unused inode tables stay holes, and what is freed becomes one.
            "noinit_itable,discard"));
    for (String folder : List.of("upper", "work", EtcFiles.FOLDER)) {
      steps.add(new Step.MakeDirectory(Place.HOST, OWN + '/' + folder, 0755));
    }
  }

  private static void mountShares(List<Step> steps, GuestGround ground) {
    if (!ground.shares().isEmpty()) {
      ground
          .modules()
          .forEach(module -> steps.add(new Step.LoadModule(Initramfs.path(module), "")));
    }
    for (Share share : ground.shares()) {
      steps.add(
          new Step.Mount(
              "virtiofs",
              share.tag(),
              Place.HOST,
              share.mounted(),
              share.bind().readOnly() ? Set.of(MountFlag.READ_ONLY) : Set.of(),
              ""));
    }
  }

  private static void etcFiles(List<Step> steps, Map<String, String> etc) {
    for (String name : EtcFiles.NAMES) {
      steps.add(
          new Step.MakeFile(
              Place.HOST,
              OWN + '/' + EtcFiles.FOLDER + '/' + name,
              etc.getOrDefault(name, ""),
              0644));
    }
  }

  /** What the host cannot keep, because it sees one process and its memory only. */
  private static void limits(List<Step> steps, Limits limits) {
    limits.memoryBytes().ifPresent(bytes -> steps.add(write("memory.max", Long.toString(bytes))));
    limits
        .pids()
        .ifPresent(pids -> steps.add(write("pids.max", pids > 0 ? Long.toString(pids) : "max")));
    files(steps, limits);
  }

  /** What a running guest's workload may use from now on. */
  public static List<Step> update(Limits limits) {
    long pids = limits.pids().orElse(0);
    return List.of(
        limits.memoryBytes().stream()
            .mapToObj(bytes -> write("memory.max", Long.toString(bytes)))
            .findFirst()
            .orElseGet(() -> write("memory.max", "max")),
        write("pids.max", pids > 0 ? Long.toString(pids) : "max"));
  }

  private static void files(List<Step> steps, Limits limits) {
    if (limits.ulimits().stream().noneMatch(limit -> limit.name().equals("nofile"))) {
      steps.add(new Step.SetLimit(ResourceLimit.NOFILE, OPEN_FILES, OPEN_FILES));
    }
  }

  private static Step write(String file, String content) {
    return new Step.WriteFile(Place.HOST, GROUP.resolve(file).toString(), content);
  }
}
