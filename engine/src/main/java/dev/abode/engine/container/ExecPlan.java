package dev.abode.engine.container;

import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.image.ImageConfig;
import dev.abode.init.Capability;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Namespace;
import dev.abode.init.Step;
import dev.abode.init.Supervision;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A further process in a running container: it enters every namespace of the first one. */
public final class ExecPlan {
  private ExecPlan() {}

  /**
   * @param first the container's first process
   * @param ground the container's, with {@code identity} the one that the new process runs as and
   *     {@code log} empty
   */
  public static LaunchPlan of(
      InstanceSpec spec,
      ImageConfig image,
      ContainerGround ground,
      ExecSpec exec,
      SharedNamespace first) {
    boolean terminal = exec.streams().terminal();
    List<Step> before = new ArrayList<>(ground.cgroup().joinSteps());
    before.addAll(Ulimits.raise(spec.limits().ulimits(), ground.host()));
    Identity identity = ground.identity();
    if (!terminal) {
      before.add(
          new Step.OwnStreams(
              Workload.outside(ground, identity.uid(), "user"),
              Workload.outside(ground, identity.gid(), "group")));
    }
    before.add(new Step.Enter(first.pid(), first.startTicks(), namespaces(spec, ground)));

    Set<Capability> bounding = ContainerPlan.bounding(spec, ground.host());
    Set<Capability> granted =
        exec.privileged()
            ? ground.firstId().isPresent()
                ? EnumSet.allOf(Capability.class)
                : ground.host().capabilities()
            : bounding;
    List<Step> inside = new ArrayList<>();
    if (ground.firstId().isPresent()) {
      // As in RootFilesystem: nobody in there is the host's root.
      inside.add(new Step.SetGroups(List.of()));
      inside.add(new Step.SetUser(0, 0));
    }
    if (terminal) {
      inside.add(new Step.OpenTerminal(false));
    }
    inside.addAll(Ulimits.set(spec.limits().ulimits()));
    Workload workload =
        new Workload(
            exec.command(),
            Command.environment(
                Command.environment(
                    spec, image, ContainerPlan.hostname(spec, ground.id()), terminal),
                exec.environment(),
                identity),
            Command.workingDirectory(
                exec.workingDirectory(), ContainerPlan.workingDirectory(spec, image)),
            identity,
            granted,
            spec.security().noNewPrivileges(),
            ContainerPlan.seccomp(spec, bounding, ground.host()),
            terminal,
            false);
    if (ground.firstId().isPresent()) {
      workload.checkMapped();
    }
    inside.addAll(workload.steps());
    return new LaunchPlan(
        new Supervision(
            terminal,
            exec.terminalRows(),
            exec.terminalColumns(),
            exec.streams().openStdin(),
            exec.streams().closeStdinOnce(),
            Optional.empty(),
            ground.exitRecord(),
            Optional.empty()),
        before,
        Set.of(),
        List.of(),
        inside);
  }

  private static Set<Namespace> namespaces(InstanceSpec spec, ContainerGround ground) {
    Set<Namespace> entered = EnumSet.of(Namespace.MOUNT);
    entered.addAll(ContainerPlan.ownNamespaces(spec, Set.of()));
    entered.addAll(ground.joined().keySet());
    return entered;
  }
}
