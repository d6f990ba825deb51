package dev.abode.engine.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.cgroup.CgroupPlacement;
import dev.abode.engine.cgroup.Hierarchy;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.SecurityOf;
import dev.abode.init.Capability;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Namespace;
import dev.abode.init.ResourceLimit;
import dev.abode.init.Step;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Plans as data: the order and the presence of steps on which the walls rest. */
class ContainerPlanTest {
  private static final String ID = "0123456789abcdef".repeat(4);

  private static HostFacts host(Set<Capability> capabilities, int major, int minor) {
    return new HostFacts(
        major,
        minor,
        "amd64",
        capabilities,
        Map.of(ResourceLimit.NOFILE, 1000L),
        List.of("/sys/devices/system/cpu/cpu0/thermal_throttle"));
  }

  private static final HostFacts HOST = host(EnumSet.allOf(Capability.class), 6, 1);

  private static ContainerGround ground(HostFacts host, OptionalLong firstId) {
    return ground(host, firstId, false);
  }

  private static ContainerGround ground(
      HostFacts host, OptionalLong firstId, boolean awaitsInterfaces) {
    Hierarchy memory = new Hierarchy(Path.of("/sys/fs/cgroup/memory"), List.of("memory"));
    return new ContainerGround(
        ID,
        Path.of("/abode/instances/i"),
        List.of(Path.of("/abode/layers/top"), Path.of("/abode/layers/base")),
        new Identity(1000, 1000, List.of(27), "/home/app"),
        firstId,
        new CgroupPlacement(
            false,
            List.of(
                new CgroupPlacement.Membership(memory, Path.of("/sys/fs/cgroup/memory/abode/i"))),
            Optional.empty()),
        List.of(),
        List.of(),
        Map.of(),
        awaitsInterfaces,
        Optional.empty(),
        Optional.empty(),
        host);
  }

  private static LaunchPlan plan(InstanceSpecBuilder spec) {
    return plan(spec.build(), HOST);
  }

  private static LaunchPlan plan(InstanceSpec spec, HostFacts host) {
    return ContainerPlan.of(
        spec,
        Container.config("/srv"),
        ground(
            host, ContainerPlan.ownsUsers(spec) ? OptionalLong.of(100_000) : OptionalLong.empty()));
  }

  private static InstanceSpecBuilder spec() {
    return InstanceSpec.builder("image").command(List.of("program"));
  }

  private static int first(List<Step> steps, Class<? extends Step> type) {
    for (int i = 0; i < steps.size(); i++) {
      if (type.isInstance(steps.get(i))) {
        return i;
      }
    }
    throw new AssertionError("no " + type.getSimpleName() + " in " + steps);
  }

  @Test
  void groupsAreJoinedFirstOfAll() {
    assertThat(plan(spec()).before().getFirst())
        .isEqualTo(
            new Step.WriteFile(Step.Place.HOST, "/sys/fs/cgroup/memory/abode/i/cgroup.procs", "0"));
  }

  @Test
  void everyNamespaceButTheMountsIsClonedInto() {
    assertThat(plan(spec()).namespaces())
        .containsExactlyInAnyOrderElementsOf(EnumSet.complementOf(EnumSet.of(Namespace.MOUNT)));
    assertThat(plan(spec().network(new NetworkMode.Host())).namespaces())
        .doesNotContain(Namespace.NETWORK);
  }

  @Test
  void interfacesAreMadeWhileTheRootIs() {
    LaunchPlan plan = awaiting(spec());
    assertThat(plan.beside().subList(0, 2))
        .extracting(Step::getClass)
        .containsExactly(Step.MapIds.class, Step.TellEngine.class);
    assertThat(first(plan.inside(), Step.AwaitEngine.class))
        .isBetween(
            first(plan.inside(), Step.PivotRoot.class),
            first(plan.inside(), Step.BoundCapabilities.class));
    assertThat(plan(spec()).inside()).doesNotContain(new Step.AwaitEngine());
  }

  @Test
  void interfacesAreThereBeforeParametersOfTheNetworkAreSet() {
    List<Step> inside =
        awaiting(spec().security(SecurityOf.sysctls(Map.of("net.core.somaxconn", "7")))).inside();
    assertThat(first(inside, Step.AwaitEngine.class))
        .isLessThan(
            inside.indexOf(
                new Step.WriteFile(Step.Place.ROOTFS, "/proc/sys/net/core/somaxconn", "7")));
    assertThat(inside).containsOnlyOnce(new Step.AwaitEngine());
  }

  private static LaunchPlan awaiting(InstanceSpecBuilder spec) {
    return ContainerPlan.of(
        spec.build(), Container.config("/srv"), ground(HOST, OptionalLong.of(100_000), true));
  }

  @Test
  void layersAreMappedAndStackedTopFirst() {
    List<Step> beside = plan(spec()).beside();
    assertThat(beside.getFirst()).isInstanceOf(Step.MapIds.class);
    assertThat(
            beside.stream()
                .filter(Step.Detach.class::isInstance)
                .map(Step.Detach.class::cast)
                .limit(3))
        .extracting(Step.Detach::source)
        .containsExactly("/abode/layers/top", "/abode/layers/base", "/abode/instances/i");
    assertThat(
            beside.stream()
                .filter(Step.Detach.class::isInstance)
                .map(Step.Detach.class::cast)
                .limit(3))
        .allMatch(Step.Detach::idMapped);
    Step.Mount overlay =
        beside.stream()
            .filter(Step.Mount.class::isInstance)
            .map(Step.Mount.class::cast)
            .filter(m -> m.type().equals("overlay"))
            .findFirst()
            .orElseThrow();
    assertThat(overlay.data()).startsWith("lowerdir=0:1,upperdir=own/upper,workdir=own/work");
    // The mounter must be known to the id map, or overlayfs cannot make its work folder.
    assertThat(beside.indexOf(new Step.SetUser(100_000, 100_000)))
        .isLessThan(beside.indexOf(overlay));
  }

  @Test
  void theRootIsHiddenBeforeItIsEnteredAndLeftBeforeAnythingIsGivenUp() {
    List<Step> inside = plan(spec()).inside();
    int pivot = first(inside, Step.PivotRoot.class);
    assertThat(inside.subList(pivot, inside.size()))
        .noneMatch(
            s ->
                s instanceof Step.Mount
                    || s instanceof Step.Attach
                    || s instanceof Step.Mask
                    || s instanceof Step.ReadOnlyPath);
    assertThat(first(inside, Step.Mask.class)).isLessThan(first(inside, Step.ReadOnlyPath.class));
    assertThat(first(inside, Step.BoundCapabilities.class)).isGreaterThan(pivot);
    assertThat(inside.getLast()).isInstanceOf(Step.Execute.class);
    assertThat(inside)
        .contains(
            new Step.Mask("/proc/kcore"),
            new Step.Mask("/sys/devices/system/cpu/cpu0/thermal_throttle"),
            new Step.ReadOnlyPath("/proc/sys"));
  }

  @Test
  void kernelParametersAreWrittenBeforeTheyAreClosed() {
    List<Step> inside =
        plan(spec().security(SecurityOf.sysctls(Map.of("net.core.somaxconn", "7")))).inside();
    Step written = new Step.WriteFile(Step.Place.ROOTFS, "/proc/sys/net/core/somaxconn", "7");
    assertThat(inside.indexOf(written))
        .isNotNegative()
        .isLessThan(inside.indexOf(new Step.ReadOnlyPath("/proc/sys")));
  }

  @Test
  void aFilterComesBeforeTheRightToInstallItIsGone() {
    List<Step> inside = plan(spec()).inside();
    int filter = first(inside, Step.Seccomp.class);
    assertThat(filter)
        .isGreaterThan(first(inside, Step.BoundCapabilities.class))
        .isLessThan(first(inside, Step.SetCapabilities.class));
    List<Step> noNew = plan(spec().security(SecurityOf.noNewPrivileges())).inside();
    // With no_new_privs it takes no right, and comes as late as can be.
    assertThat(first(noNew, Step.Seccomp.class))
        .isGreaterThan(first(noNew, Step.SetCapabilities.class))
        .isGreaterThan(first(noNew, Step.NoNewPrivileges.class));
  }

  @Test
  void streamsBelongToTheUserOutside() {
    assertThat(plan(spec()).before()).contains(new Step.OwnStreams(101_000, 101_000));
  }

  @Test
  void privilegedHidesNothingAndFiltersNothing() {
    LaunchPlan plan = plan(spec().security(SecurityOf.privileged()));
    assertThat(plan.namespaces()).doesNotContain(Namespace.USER);
    assertThat(plan.inside())
        .noneMatch(
            s ->
                s instanceof Step.Mask
                    || s instanceof Step.ReadOnlyPath
                    || s instanceof Step.Seccomp);
    assertThat(plan.beside()).noneMatch(s -> s instanceof Step.MapIds || s instanceof Step.SetUser);
  }

  @Test
  void aMountOfTheUsersReplacesOursAtTheSamePlace() {
    List<Step> inside =
        plan(spec()
                .mounts(
                    List.of(
                        new MountSpec.Tmpfs(
                            "/dev/shm", false, OptionalLong.of(4096), OptionalInt.of(0700), ""))))
            .inside();
    assertThat(
            inside.stream()
                .filter(Step.Mount.class::isInstance)
                .map(Step.Mount.class::cast)
                .filter(m -> m.target().equals("/dev/shm")))
        .singleElement()
        .extracting(Step.Mount::data)
        .isEqualTo("size=4096,mode=700");
  }

  @Test
  void twoMountsAtOnePlaceAreRefused() {
    MountSpec tmpfs =
        new MountSpec.Tmpfs("/a", false, OptionalLong.empty(), OptionalInt.empty(), "");
    MountSpec again =
        new MountSpec.Tmpfs("/x/../a/", false, OptionalLong.empty(), OptionalInt.empty(), "");
    assertThatThrownBy(() -> plan(spec().mounts(List.of(tmpfs, again))))
        .isInstanceOf(EngineException.class)
        .hasMessage("Duplicate mount point: /a");
  }

  @Test
  void aHardLimitAboveOursTakesACapabilityOfTheEngine() {
    Limits limits =
        Limits.builder().ulimits(List.of(new Limits.Ulimit("nofile", 10, 2000))).build();
    Step.SetLimit raised = new Step.SetLimit(ResourceLimit.NOFILE, 10, 2000);
    LaunchPlan plan = plan(spec().limits(limits));
    assertThat(plan.before()).contains(raised);
    assertThat(plan.inside()).contains(raised);
    HostFacts poor = host(EnumSet.complementOf(EnumSet.of(Capability.SYS_RESOURCE)), 6, 1);
    assertThatThrownBy(() -> plan(spec().limits(limits).build(), poor))
        .hasMessageContaining("nofile to 2000")
        .hasMessageContaining("the engine's own is 1000")
        .hasMessageContaining("CAP_SYS_RESOURCE");
  }

  @Test
  void anOldKernelIsToldToShareTheHostsUsers() {
    assertThatThrownBy(() -> plan(spec().build(), host(EnumSet.allOf(Capability.class), 5, 15)))
        .hasMessageContaining("needs Linux 5.19")
        .hasMessageContaining("--userns host");
  }

  @Test
  void commandsFollowDockersPrecedence() {
    assertThat(execute(spec().entrypoint(List.of("entry")))).containsExactly("entry", "program");
    assertThat(execute(spec())).containsExactly("program");
    assertThat(execute(spec().entrypoint(List.of("")))).containsExactly("program");
    assertThatThrownBy(() -> plan(InstanceSpec.builder("image")))
        .hasMessageContaining("no command specified");
  }

  private static List<String> execute(InstanceSpecBuilder spec) {
    return ((Step.Execute) plan(spec).inside().getLast()).arguments();
  }

  @Test
  void theWorkingDirectoryIsTheImagesUnlessSaid() {
    assertThat(plan(spec()).inside()).contains(new Step.ChangeDirectory("/srv"));
    assertThat(plan(spec().workingDirectory("/a/../b")).inside())
        .contains(
            new Step.MakeDirectory(Step.Place.ROOTFS, "/b", 0755), new Step.ChangeDirectory("/b"));
    assertThatThrownBy(() -> plan(spec().workingDirectory("b")))
        .hasMessageContaining("needs to be an absolute path");
  }

  @Test
  void aHolderMapsNothingAndRunsNothing() {
    LaunchPlan plan = HoldPlan.of(ground(HOST, OptionalLong.empty()));
    assertThat(plan.namespaces()).isEmpty();
    assertThat(plan.before()).isEmpty();
    assertThat(plan.inside().getLast()).isEqualTo(new Step.Hold());
    assertThat(
            plan.beside().stream()
                .filter(Step.Detach.class::isInstance)
                .map(Step.Detach.class::cast))
        .noneMatch(Step.Detach::idMapped);
  }
}
