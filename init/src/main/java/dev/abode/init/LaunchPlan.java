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
 * @param inside steps of the workload's process, the last one {@link Step.Execute}, {@link
 *     Step.Hold}, {@link Step.ServeFiles} or {@link Step.Restore}; no step at all in a plan of a
 *     {@link Remote.Session}
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
    boolean session =
        supervision.remote().filter(remote -> remote instanceof Remote.Session).isPresent();
    if (session ? !(before.isEmpty() && beside.isEmpty() && inside.isEmpty()) : !ends(inside)) {
      throw new IllegalArgumentException("a plan ends with Execute, Hold, ServeFiles or Restore");
    }
  }

  /** A plan that is played in a machine, see {@link Remote.Session}. */
  public static LaunchPlan elsewhere(Supervision supervision) {
    return new LaunchPlan(supervision, List.of(), Set.of(), List.of(), List.of());
  }

  private static boolean ends(List<Step> inside) {
    return !inside.isEmpty()
        && (inside.getLast() instanceof Step.Execute
            || inside.getLast() instanceof Step.Hold
            || inside.getLast() instanceof Step.ServeFiles
            || inside.getLast() instanceof Step.Restore);
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
    INSIDE,
    /**
     * The machine ended before its workload ran, the step being its status as a shell gives it; or,
     * with an {@code errno}, its agent broke the protocol ({@code EPROTO}) or it could not be
     * joined.
     */
    MACHINE,
    /** As {@link #SHIM}, in the guest; likewise those below. */
    GUEST_SHIM,
    GUEST_BEFORE,
    GUEST_CLONE,
    GUEST_BESIDE,
    GUEST_INSIDE
  }
}
