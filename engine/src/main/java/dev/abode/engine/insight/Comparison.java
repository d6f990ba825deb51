package dev.abode.engine.insight;

import dev.abode.engine.explanation.Difference;
import dev.abode.engine.explanation.Fact;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Holds the kernel's view against the plan. What the kernel shows stands; what it does not show
 * stays as the plan has it, and is marked so by its origin.
 */
final class Comparison {
  /** Where everything that is planned must be seen. */
  private static final Set<Topic> COMPLETE =
      EnumSet.of(
          Topic.NAMESPACES,
          Topic.MOUNTS,
          Topic.HIDDEN,
          Topic.CAPABILITIES,
          Topic.MACHINE,
          Topic.BOARD);

  private final Chapters merged = new Chapters();
  private final List<Difference> differences = new ArrayList<>();

  Comparison(Chapters plan, Chapters view) {
    for (Topic topic : Topic.values()) {
      plan.of(topic).values().forEach(planned -> hold(topic, planned, view));
      view.of(topic).values().stream()
          .filter(seen -> plan.find(topic, seen.what()).isEmpty())
          .forEach(seen -> unplanned(topic, seen));
    }
  }

  Chapters merged() {
    return merged;
  }

  List<Difference> differences() {
    return differences;
  }

  private void hold(Topic topic, Fact planned, Chapters view) {
    var found = view.find(topic, planned.what());
    if (found.isEmpty()) {
      if (COMPLETE.contains(topic)) {
        differences.add(
            new Difference(
                topic.title(), planned.what(), planned.is(), "", remark(topic, planned.what())));
      } else {
        merged.put(topic, planned);
      }
      return;
    }
    Fact seen = found.get();
    boolean sameDetail =
        planned.detail().isEmpty()
            || seen.detail().isEmpty()
            || topic != Topic.IDS
            || planned.detail().equals(seen.detail());
    if (!planned.is().equals(seen.is()) || !sameDetail) {
      boolean byDetail = planned.is().equals(seen.is());
      differences.add(
          new Difference(
              topic.title(),
              planned.what(),
              byDetail ? planned.detail() : planned.is(),
              byDetail ? seen.detail() : seen.is(),
              remark(topic, planned.what())));
    }
    merged.put(
        topic, planned.seen(seen.is(), seen.detail().isEmpty() ? planned.detail() : seen.detail()));
  }

  private void unplanned(Topic topic, Fact seen) {
    merged.put(topic, seen);
    if (COMPLETE.contains(topic)) {
      differences.add(
          new Difference(topic.title(), seen.what(), "", seen.is(), remark(topic, seen.what())));
    }
  }

  /** What may have happened since the start that is no fault of the walls. */
  private static String remark(Topic topic, String what) {
    return switch (topic) {
      case PROGRAM -> "a program may change this about itself";
      case MOUNTS -> "it was mounted or unmounted after the start";
      case CAPABILITIES -> what.equals("held") ? "a program may give up capabilities" : "";
      case CALLS -> "a program may tighten this for itself";
      case LIMITS -> "abode update, or somebody by hand, may have changed it since";
      case NAMESPACES, HIDDEN, IDS, ROOT, DEVICES, NETWORK, SETTINGS, SUPERVISION, HELPERS -> "";
      case MACHINE, BOARD -> "another engine or another QEMU may have started it";
    };
  }
}
