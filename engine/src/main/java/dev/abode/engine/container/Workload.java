package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import dev.abode.init.Capability;
import dev.abode.init.Step;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The last steps of every launch: from the superuser of the namespaces, holding everything, to the
 * program that was asked for, holding what it may.
 *
 * @param bounding what it, and anything it executes, may ever hold
 * @param seccomp the filter, empty for none
 */
record Workload(
    List<String> arguments,
    List<String> environment,
    String workingDirectory,
    Identity identity,
    Set<Capability> bounding,
    boolean noNewPrivileges,
    Optional<ByteBuffer> seccomp,
    boolean terminal,
    boolean stayAsInit) {

  Workload {
    arguments = List.copyOf(arguments);
    environment = List.copyOf(environment);
    bounding = Set.copyOf(bounding);
  }

  /** The host's id for {@code inside}, which must be one that the instance has. */
  static int outside(ContainerGround ground, int inside, String what) {
    if (ground.firstId().isEmpty()) {
      return inside;
    }
    check(inside, what);
    return Math.toIntExact(ground.firstId().getAsLong() + inside);
  }

  private static void check(int id, String what) {
    if (id >= ContainerGround.IDS) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          what
              + ' '
              + id
              + " does not exist in the instance's own user namespace, which has the ids 0 to "
              + (ContainerGround.IDS - 1)
              + "; choose one of those, or use the host's user namespace");
    }
  }

  /** Checks that every id of {@link #identity} exists in a user namespace of the instance's own. */
  void checkMapped() {
    check(identity.uid(), "user");
    check(identity.gid(), "group");
    for (int group : identity.groups()) {
      check(group, "group");
    }
  }

  List<Step> steps() {
    Set<Capability> held = identity.uid() == 0 ? bounding : Set.of();
    List<Step> steps = new ArrayList<>();
    steps.add(new Step.SetUmask(0022));
    if (terminal) {
      steps.add(new Step.OwnStreams(identity.uid(), identity.gid()));
    }
    // While still the superuser, so that a folder that the user may not enter can be one's own.
    steps.add(new Step.ChangeDirectory(workingDirectory));
    steps.add(new Step.BoundCapabilities(bounding));
    steps.add(new Step.SetGroups(identity.groups()));
    if (noNewPrivileges) {
      steps.add(new Step.NoNewPrivileges());
    } else {
      // Without no_new_privs a filter takes CAP_SYS_ADMIN, which the next steps give up.
      seccomp.ifPresent(program -> steps.add(new Step.Seccomp(program)));
    }
    steps.add(new Step.SetUser(identity.uid(), identity.gid()));
    steps.add(new Step.SetCapabilities(held, held, Set.of()));
    if (noNewPrivileges) {
      seccomp.ifPresent(program -> steps.add(new Step.Seccomp(program)));
    }
    if (stayAsInit) {
      steps.add(new Step.StayAsInit());
    }
    steps.add(new Step.Execute(arguments, environment));
    return steps;
  }
}
