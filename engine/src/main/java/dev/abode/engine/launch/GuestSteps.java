package dev.abode.engine.launch;

import dev.abode.engine.patience.Watchdog;
import dev.abode.engine.record.RunFolderOf;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Remote;
import dev.abode.init.Shim;
import dev.abode.init.ShimBinary;
import dev.abode.init.ShimEvent;
import dev.abode.init.Step;
import dev.abode.init.Supervision;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Steps that are played in a running guest, by a session of its agent that ends with them. One at a
 * time: the caller has the instance to itself.
 */
record GuestSteps(ShimBinary shims, RunFolderOf run) {
  private static final int SIGKILL = 9;

  /** A host that is short of time is no reason to give up; a guest that hangs is. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * Plays them.
   *
   * @param failure what it means when that fails
   */
  void play(List<Step> steps, String failure) throws IOException {
    LaunchPlan guest =
        new LaunchPlan(
            supervision(Optional.empty()), steps, Set.of(), List.of(), List.of(new Step.Hold()));
    LaunchPlan plan =
        LaunchPlan.elsewhere(supervision(Optional.of(new Remote.Session(run.socket(), guest))));
    try (Shim shim = shims.spawn(plan, run.path().resolve("i"));
        Watchdog _ = Watchdog.over("guest-steps", PATIENCE, shim::close)) {
      shim.start();
      await(shim, failure);
      shim.signal(SIGKILL);
      while (!(shim.next() instanceof ShimEvent.Gone)) {
        // Its end is what was asked for.
      }
    }
  }

  private static void await(Shim shim, String failure) throws IOException {
    while (true) {
      ShimEvent event = shim.next();
      if (event instanceof ShimEvent.Started) {
        return;
      }
      if (event instanceof ShimEvent.Failed || event instanceof ShimEvent.Gone) {
        throw new IOException(failure + ": " + event);
      }
    }
  }

  private static Supervision supervision(Optional<Remote> remote) {
    return new Supervision(
        false, 0, 0, false, false, Optional.empty(), Optional.empty(), Optional.empty(), remote);
  }
}
