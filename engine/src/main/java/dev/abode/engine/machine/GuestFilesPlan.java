package dev.abode.engine.machine;

import dev.abode.engine.container.HoldPlan;
import dev.abode.engine.container.Identity;
import dev.abode.init.LaunchPlan;
import dev.abode.init.MountFlag;
import dev.abode.init.Step;
import dev.abode.init.Step.Place;
import dev.abode.init.Supervision;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The recipes of servers of files in a guest. They are as much as the guest's root. */
public final class GuestFilesPlan {
  private static final String UPPER = GuestPlan.OWN + "/upper";

  private GuestFilesPlan() {}

  /** Beside a workload that runs: what it sees. */
  public static LaunchPlan ofWorkload() {
    return serving(List.of(), List.of(), List.of());
  }

  /** What a workload would see, in a guest that has none. */
  public static LaunchPlan ofRest(String id, int layers, boolean readOnly) {
    LaunchPlan held =
        HoldPlan.of(
            GuestPlan.container(
                new GuestGround(id, layers, Identity.ROOT, Map.of(), GuestGround.NO_KERNEL)));
    List<Step> before = new ArrayList<>();
    GuestPlan.mountLayers(before, layers);
    GuestPlan.mountOwnDisk(before);
    before.addAll(held.before());
    // Where it would change its root and hold, it serves.
    List<Step> inside = new ArrayList<>(held.inside().subList(0, held.inside().size() - 2));
    if (readOnly) {
      inside.add(new Step.ChangeMount(Place.ROOTFS, "/", false, Set.of(MountFlag.READ_ONLY)));
    }
    return serving(before, held.beside(), inside);
  }

  /**
   * The upper directory of the workload's overlay.
   *
   * @param mounted whether the disk is, because a workload runs
   */
  public static LaunchPlan ofUpper(boolean mounted) {
    List<Step> before = new ArrayList<>();
    if (!mounted) {
      GuestPlan.mountOwnDisk(before);
    }
    return serving(before, List.of(), List.of(new Step.UseRoot(UPPER)));
  }

  private static LaunchPlan serving(List<Step> before, List<Step> beside, List<Step> inside) {
    List<Step> all = new ArrayList<>(inside);
    all.add(new Step.ServeFiles());
    return new LaunchPlan(
        new Supervision(
            false, 0, 0, true, true, Optional.empty(), Optional.empty(), Optional.empty()),
        before,
        Set.of(),
        beside,
        all);
  }
}
