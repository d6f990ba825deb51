package dev.abode.engine.insight;

import dev.abode.engine.cgroup.ControlWrite;
import dev.abode.init.LaunchPlan.Phase;
import dev.abode.init.ResourceLimit;
import dev.abode.init.Step;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Locale;

/** How much a plan lets a program take, and which of the kernel's settings it sees. */
final class PlannedLimits {
  private final Chapters chapters;

  PlannedLimits(Chapters chapters) {
    this.chapters = chapters;
  }

  /** A file that is written: most of them bound something. */
  void write(Phase phase, Step.WriteFile write) {
    Path file = Path.of(write.path());
    if (write.path().endsWith("/cgroup.procs")) {
      Path group = write.path().equals("/cgroup.procs") ? file : file.resolveSibling("");
      chapters.plan(
          Topic.LIMITS,
          "group " + hierarchy(group),
          Wording.OWN,
          group.toString(),
          "All its processes are counted and limited together here, and can be ended together.");
    } else if (write.path().endsWith("/oom_score_adj")) {
      chapters.plan(
          Topic.LIMITS,
          "oom_score_adj",
          write.content(),
          "",
          "The higher, the sooner the host's out-of-memory killer chooses it.");
    } else if (write.path().startsWith("/proc/sys/")) {
      chapters.plan(
          Topic.SETTINGS,
          write.path().substring("/proc/sys/".length()).replace('/', '.'),
          write.content(),
          "",
          "");
    } else {
      chapters.plan(
          Topic.SETTINGS, write.path(), write.content(), phase.name().toLowerCase(Locale.ROOT), "");
    }
  }

  /** The name of the hierarchy that a group is in: the folder two above it. */
  private static String hierarchy(Path group) {
    int count = group.getNameCount();
    return count < 3 ? "" : group.getName(count - 3).toString();
  }

  void limit(Phase phase, Step.SetLimit limit) {
    if (phase == Phase.INSIDE) {
      chapters.plan(
          Topic.LIMITS,
          "ulimit " + limit.resource().name().toLowerCase(Locale.ROOT),
          Wording.limit(number(limit.soft()), number(limit.hard())),
          "",
          "For each process by itself.");
    }
  }

  private static String number(long limit) {
    return limit == ResourceLimit.UNLIMITED ? "unlimited" : Long.toString(limit);
  }

  /** What is written for its control group. */
  void controlGroups(Collection<ControlWrite> writes) {
    for (ControlWrite write : writes) {
      chapters.plan(
          Topic.LIMITS,
          String.valueOf(write.file().getFileName()),
          Wording.bytes(write.value()),
          write.file().toString(),
          LimitWords.of(write));
    }
    if (writes.isEmpty()) {
      chapters.plan(
          Topic.LIMITS,
          "bounds",
          "none",
          "",
          "Nothing was asked for, so it may use all of the host's memory and time; say"
              + " --memory, --cpus, --pids-limit.");
    }
  }
}
