package dev.abode.engine.container;

import dev.abode.init.LaunchPlan;
import dev.abode.init.Step;
import dev.abode.init.Supervision;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A process that only holds the root file system of a stopped container, with the user's folders
 * and volumes in place and every owner as it is on disk, for {@code cp} and {@code export}. The
 * engine reaches it through {@code /proc/PID/root}.
 */
public final class HoldPlan {
  private HoldPlan() {}

  /**
   * @param ground with no ids of its own ({@link ContainerGround#firstId} empty)
   */
  public static LaunchPlan of(ContainerGround ground) {
    if (ground.firstId().isPresent()) {
      throw new IllegalArgumentException("a holder sees owners as they are on disk");
    }
    RootFilesystem root = new RootFilesystem(ground);
    root.stackLayers();
    ground.binds().stream()
        .sorted(Comparator.comparing(BindMount::target, RootFilesystem.byDepth()))
        .forEach(root::bind);
    List<Step> inside = new ArrayList<>(root.attachments());
    inside.add(new Step.PivotRoot());
    inside.add(new Step.Hold());
    return new LaunchPlan(
        new Supervision(
            false, 0, 0, false, false, Optional.empty(), Optional.empty(), Optional.empty()),
        List.of(),
        Set.of(),
        root.beside(),
        inside);
  }
}
