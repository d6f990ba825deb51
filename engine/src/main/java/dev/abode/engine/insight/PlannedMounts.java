package dev.abode.engine.insight;

import dev.abode.init.MountFlag;
import dev.abode.init.Step;
import dev.abode.init.Step.Place;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Plays the mounts of a plan on paper: which file system ends up where, with which options. What
 * the stage mounts and puts into slots is followed to where the workload attaches it.
 */
final class PlannedMounts {
  /**
   * A file system and how it is seen.
   *
   * @param type of the file system, or {@link Wording#HOST_FOLDER}
   * @param from its source: a folder of the host, or the mount's data
   */
  record Mounted(String type, Set<String> options, String from) {
    /** Whether the source says more than the type does; an overlay's names scratch folders. */
    boolean tellsSource() {
      return !type.equals("overlay") && !from.equals(type);
    }

    Mounted with(Set<String> more) {
      Set<String> all = new TreeSet<>(options);
      all.addAll(more);
      return new Mounted(type, all, from);
    }
  }

  private final Map<String, Mounted> ofStage = new HashMap<>();
  private final Map<Integer, Mounted> slots = new HashMap<>();
  private final Map<String, Mounted> inside = new LinkedHashMap<>();

  /** By target, in the order they are made. */
  Map<String, Mounted> inside() {
    return inside;
  }

  void detach(Step.Detach step) {
    Mounted source =
        ofStage.getOrDefault(
            step.source(), new Mounted(Wording.HOST_FOLDER, Set.of(), step.source()));
    slots.put(step.slot(), source.with(Wording.options(step.flags(), step.idMapped())));
  }

  void attach(Step.Attach step, boolean byWorkload) {
    Mounted mounted =
        Objects.requireNonNull(slots.get(step.slot()), () -> "slot " + step.slot() + " is empty");
    if (!byWorkload) {
      ofStage.put(step.target(), mounted);
    } else {
      // The only one that the workload attaches before it has a root is the root.
      inside.put(step.place() == Place.HOST ? "/" : step.target(), mounted);
    }
  }

  void mount(Step.Mount step, boolean byWorkload) {
    Mounted mounted =
        new Mounted(
            step.type(),
            Wording.options(step.flags(), false),
            step.data().isEmpty() ? step.source() : step.data());
    (byWorkload ? inside : ofStage).put(step.target(), mounted);
  }

  void bind(Step.Bind step, boolean byWorkload) {
    Mounted mounted =
        new Mounted(Wording.HOST_FOLDER, Wording.options(step.flags(), false), step.source());
    (byWorkload ? inside : ofStage).put(step.target(), mounted);
  }

  /**
   * What was mounted there becomes the root. A container's scratch folder, under which everything
   * is put together, holds no mount: it is gone with the old root.
   */
  void useRoot(Step.UseRoot step) {
    Mounted root = inside.remove(step.path());
    if (root != null) {
      inside.put("/", root);
    }
  }

  void change(Step.ChangeMount step) {
    inside.computeIfPresent(
        step.target(), (target, mounted) -> mounted.with(Wording.options(step.set(), false)));
  }

  /** The console is one of the terminals that the instance's devpts makes. */
  void console() {
    inside.put(
        "/dev/console",
        new Mounted(
            "devpts",
            Wording.options(Set.of(MountFlag.NO_SUID, MountFlag.NO_EXEC), false),
            "the terminal that the program talks to"));
  }
}
