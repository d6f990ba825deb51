package dev.abode.engine.insight;

import dev.abode.engine.cgroup.DeviceAccess;
import dev.abode.engine.explanation.Fact;
import dev.abode.engine.launch.Blueprint;
import dev.abode.init.LaunchPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Reads the plan that an agent plays in its guest. The steps are a container's and so are the words
 * for them, except where those speak of a kernel that others share.
 */
final class GuestReading {
  private static final String GROUPS = "/sys/fs/cgroup/";
  private static final String OF_GUEST = "the guest's";

  private GuestReading() {}

  /** What the plan makes in the guest. */
  static Chapters of(LaunchPlan guest) {
    Chapters read =
        PlanReader.read(new Blueprint(guest, List.of(), DeviceAccess.EVERYTHING, List.of()))
            .chapters();
    Chapters chapters = new Chapters();
    for (Topic topic : Topic.values()) {
      for (Fact fact : read.of(topic).values()) {
        if (topic == Topic.SETTINGS && fact.what().startsWith(GROUPS)) {
          chapters.put(
              Topic.LIMITS,
              Fact.planned(
                  String.valueOf(Path.of(fact.what()).getFileName()),
                  Wording.bytes(fact.is()),
                  fact.what(),
                  "Kept by the guest's kernel, which says so when it is reached."));
        } else {
          inGuest(topic, fact).ifPresent(said -> chapters.put(topic, said));
        }
      }
    }
    return chapters;
  }

  /** Nothing for what only holds on the host. */
  private static Optional<Fact> inGuest(Topic topic, Fact fact) {
    return switch (topic) {
      case SUPERVISION -> Optional.empty();
      case NAMESPACES ->
          Optional.of(
              fact.is().equals(Wording.HOST)
                  ? Fact.planned(
                      fact.what(),
                      OF_GUEST,
                      "",
                      "The wall is the machine: behind it there is this instance alone.")
                  : fact);
      case IDS ->
          Optional.of(
              Fact.planned(
                  fact.what(), OF_GUEST, "", "Root inside is root of a kernel nobody else uses."));
      case DEVICES ->
          Optional.of(
              fact.what().equals("may be opened")
                  ? Fact.planned(
                      fact.what(),
                      "every device of the machine",
                      "",
                      "There are no others than the virtual ones below.")
                  : fact);
      case CALLS ->
          Optional.of(
              fact.what().equals("filter") && fact.is().equals("off")
                  ? Fact.planned(
                      fact.what(), "off", "", "Every system call reaches the guest's kernel.")
                  : fact);
      case LIMITS -> Optional.of(fact).filter(limit -> !limit.what().equals("bounds"));
      case PROGRAM,
          ROOT,
          MOUNTS,
          HIDDEN,
          CAPABILITIES,
          NETWORK,
          SETTINGS,
          MACHINE,
          BOARD,
          HELPERS ->
          Optional.of(fact);
    };
  }
}
