package dev.abode.engine.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import dev.abode.engine.container.BindMount;
import dev.abode.engine.container.HostFacts;
import dev.abode.engine.container.Identity;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.LimitsOf;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.MountSpec.PropagationMode;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.SecurityOf;
import dev.abode.engine.instance.Sharing;
import dev.abode.image.ImageConfig;
import dev.abode.image.Platform;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Namespace;
import dev.abode.init.Step;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GuestPlanTest {
  private static final ImageConfig IMAGE =
      new ImageConfig(
          Platform.host(),
          Optional.empty(),
          "",
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          Map.of(),
          "",
          "",
          Optional.empty(),
          List.of(),
          Optional.empty(),
          List.of(),
          List.of());
  private static final HostFacts KERNEL = GuestGround.kernel("6.1.0-50-cloud-amd64");
  private static final GuestGround GROUND =
      new GuestGround("0".repeat(64), 2, Identity.ROOT, Map.of("hostname", "house\n"), KERNEL);

  private static InstanceSpecBuilder spec() {
    return InstanceSpec.builder("image").isolation(Isolation.VM).command(List.of("/bin/app"));
  }

  @Test
  void onlyModulesThatTheKernelHasNotGotInItselfAreLoaded() {
    Share share =
        new Share(
            0,
            new BindMount(
                "/srv", "", true, "/in", false, false, true, PropagationMode.RPRIVATE, false));

    assertThat(loaded(List.of(share), List.of("fuse", "virtiofs")))
        .containsExactly(
            new Step.LoadModule("/modules/fuse.ko", ""),
            new Step.LoadModule("/modules/virtiofs.ko", ""));
    assertThat(loaded(List.of(share), List.of())).isEmpty();
    assertThat(loaded(List.of(), List.of("fuse", "virtiofs"))).isEmpty();
  }

  private static List<Step> loaded(List<Share> shares, List<String> modules) {
    GuestGround ground =
        new GuestGround(
            "0".repeat(64), 2, Identity.ROOT, Map.of(), KERNEL, List.of(), shares, modules);
    return GuestPlan.of(spec().build(), IMAGE, ground).before().stream()
        .filter(Step.LoadModule.class::isInstance)
        .toList();
  }

  @Test
  void theDisksAreMountedBeforeTheLayersAreStacked() {
    LaunchPlan plan = GuestPlan.of(spec().build(), IMAGE, GROUND);

    assertThat(plan.before())
        .startsWith(new Step.AwaitDisk("layer-0", "/disks/layer-0"))
        .contains(new Step.AwaitDisk("layer-1", "/disks/layer-1"))
        .contains(new Step.AwaitDisk("disk", "/disks/disk"))
        .anyMatch(step -> step instanceof Step.Mount mount && mount.target().equals("/layers/1"))
        .anyMatch(step -> step instanceof Step.Mount mount && mount.type().equals("ext4"));
    assertThat(plan.beside())
        .filteredOn(Step.Detach.class::isInstance)
        .extracting(step -> ((Step.Detach) step).source())
        .startsWith("/layers/0", "/layers/1", "/disk");
    assertThat(plan.inside().getLast())
        .isInstanceOfSatisfying(
            Step.Execute.class,
            execute -> assertThat(execute.arguments()).containsExactly("/bin/app"));
  }

  @Test
  void theNetworkAndTheUsersAreTheGuestsOwn() {
    LaunchPlan plan = GuestPlan.of(spec().build(), IMAGE, GROUND);

    assertThat(plan.namespaces())
        .contains(Namespace.PID, Namespace.IPC, Namespace.UTS)
        .doesNotContain(Namespace.NETWORK, Namespace.USER);
    assertThat(plan.before()).contains(new Step.LoopbackUp());
    assertThat(plan.supervision().log()).isEmpty();
    assertThat(plan.supervision().exitRecord()).isEmpty();
  }

  @Test
  void whatTheHostCannotLimitTheGuestDoes() {
    LaunchPlan plan =
        GuestPlan.of(spec().limits(LimitsOf.memory(64L << 20)).build(), IMAGE, GROUND);

    assertThat(plan.before())
        .contains(
            new Step.WriteFile(Step.Place.HOST, "/sys/fs/cgroup/workload/memory.max", "67108864"));
  }

  @Test
  void theParametersOfTheGuestsKernelAreSetBeforeTheWorkload() {
    LaunchPlan plan =
        GuestPlan.of(
            spec()
                .security(
                    SecurityOf.sysctls(
                        Map.of("vm.max_map_count", "262144", "kernel.shmmax", "65536")))
                .build(),
            IMAGE,
            GROUND);

    assertThat(plan.before())
        .contains(
            new Step.WriteFile(Step.Place.HOST, "/proc/sys/vm/max_map_count", "262144"),
            new Step.Tolerated(
                new Step.WriteFile(
                    Step.Place.HOST, "/proc/sys/net/ipv4/ip_unprivileged_port_start", "0")));
    assertThat(plan.inside())
        .contains(new Step.WriteFile(Step.Place.ROOTFS, "/proc/sys/kernel/shmmax", "65536"));
    assertThatExceptionOfType(EngineException.class)
        .isThrownBy(
            () ->
                GuestPlan.of(
                    spec().security(SecurityOf.sysctls(Map.of("vm/../../x", "1"))).build(),
                    IMAGE,
                    GROUND));
  }

  @Test
  void noMachineIsLargerThanItsHost() {
    assertThatExceptionOfType(EngineException.class)
        .isThrownBy(() -> MachineReview.fits(LimitsOf.memory(1L << 30), 1L << 30))
        .withMessageContaining("leave room for a workload of 928 MiB");
    assertThatNoException()
        .isThrownBy(() -> MachineReview.fits(LimitsOf.memory(900L << 20), 1L << 30));
  }

  @Test
  void aFurtherProcessEntersTheWorkloadWhateverItsNumber() {
    LaunchPlan plan = GuestPlan.of(spec().build(), IMAGE, GROUND, ExecSpec.of("id"));

    assertThat(plan.before())
        .anyMatch(
            step ->
                step instanceof Step.Enter enter
                    && enter.pid() == 0
                    && enter.namespaces().contains(Namespace.MOUNT));
  }

  @Test
  void whatBelongsToTheHostsKernelIsRefusedWithAnAlternative() {
    Sharing.With own = new Sharing.With.Nobody();
    refused(
        spec().sharing(new Sharing(new Sharing.With.Host(), own, own, own, own)),
        "--pid shares a part of a kernel");
    refused(spec().network(new NetworkMode.Host()), "--network host");
    refused(
        spec()
            .mounts(
                List.of(
                    new MountSpec.Bind(
                        "/srv",
                        "/data",
                        false,
                        false,
                        false,
                        MountSpec.PropagationMode.RSHARED,
                        false))),
        "cannot appear in a virtual machine");
    assertThatNoException()
        .isThrownBy(() -> MachineReview.review(spec().network(new NetworkMode.None()).build()));
  }

  private static void refused(InstanceSpecBuilder spec, String words) {
    assertThatExceptionOfType(EngineException.class)
        .isThrownBy(() -> MachineReview.review(spec.build()))
        .withMessageContaining(words)
        .withMessageContaining("; ")
        .matches(e -> e.kind() == Kind.UNSUPPORTED);
  }
}
