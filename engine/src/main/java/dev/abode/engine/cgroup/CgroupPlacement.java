package dev.abode.engine.cgroup;

import dev.abode.init.Step;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where the process of one launch belongs: what a launch plan needs to know of control groups, as a
 * value.
 *
 * @param unified whether this is a v2 tree
 * @param memberships the group in each hierarchy; empty for a process that stays where it is
 * @param oomEvents the file with a line {@code oom_kill N}
 */
public record CgroupPlacement(
    boolean unified, List<Membership> memberships, Optional<Path> oomEvents) {

  /** A process that stays in the groups of its parent. */
  public static final CgroupPlacement NONE =
      new CgroupPlacement(false, List.of(), Optional.empty());

  public CgroupPlacement {
    memberships = List.copyOf(memberships);
  }

  /** The group {@code folder} of {@code hierarchy}. */
  public record Membership(Hierarchy hierarchy, Path folder) {}

  /** The steps by which the process that plays them joins; a written 0 is the writer itself. */
  public List<Step> joinSteps() {
    return memberships.stream()
        .map(
            m ->
                (Step)
                    new Step.WriteFile(
                        Step.Place.HOST, m.folder().resolve("cgroup.procs").toString(), "0"))
        .toList();
  }
}
