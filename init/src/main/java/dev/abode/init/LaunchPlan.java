package dev.abode.init;

import java.util.List;
import java.util.Set;

/**
 * Everything that happens between the spawning of a shim and the first instruction of the workload,
 * as data. {@link Step} says in which process each list is played.
 *
 * @param supervision what the shim does for the workload
 * @param before steps of the stage before the workload's process exists
 * @param namespaces the namespaces the workload's process is cloned into; {@link Namespace#MOUNT}
 *     is not among them when the first step inside is {@link Step.OwnMounts}, as for a container
 * @param beside steps of the stage after that, while the workload's process waits
 * @param inside steps of the workload's process, the last one {@link Step.Execute} or {@link
 *     Step.Hold}
 */
public record LaunchPlan(
    Supervision supervision,
    List<Step> before,
    Set<Namespace> namespaces,
    List<Step> beside,
    List<Step> inside) {

  public LaunchPlan {
    before = List.copyOf(before);
    namespaces = Set.copyOf(namespaces);
    beside = List.copyOf(beside);
    inside = List.copyOf(inside);
    if (inside.isEmpty()
        || !(inside.getLast() instanceof Step.Execute || inside.getLast() instanceof Step.Hold)) {
      throw new IllegalArgumentException("a plan ends with Execute or Hold");
    }
  }

  /** Which of the lists a step is in, or what else of a launch failed. */
  public enum Phase {
    /**
     * The shim's own preparations, as step 0 the reading of the plan ({@code EBADMSG}: it is of
     * another version, or corrupt), 1 the log, 2 the streams, 3 the stage.
     */
    SHIM,
    BEFORE,
    /** The cloning of the workload's process into its namespaces, as step 0. */
    CLONE,
    BESIDE,
    INSIDE
  }
}
