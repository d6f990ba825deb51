package dev.abode.engine;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Starts an instance because somebody asked. The caller has the instance to itself. */
final class Starting {
  private Starting() {}

  /**
   * Starts an instance, and removes it again when that fails and it was to be removed at its end.
   *
   * @return false when it runs already
   */
  static boolean start(LiveInstance instance) throws IOException {
    switch (instance.now().status()) {
      case RUNNING, RESTARTING -> {
        return false;
      }
      case PAUSED ->
          throw instance.conflict("cannot start a paused container, try unpause instead");
      case REMOVING, DEAD ->
          throw instance.conflict(
              "container is marked for removal and cannot be started; remove it again");
      case CREATED, EXITED -> {}
    }
    instance.backOff(RestartBackOff.NONE);
    instance.change(life -> Life.with(life).restartCount(0).stoppedByUser(false).build());
    try {
      Launching.launch(instance);
    } catch (IOException | RuntimeException e) {
      if (instance.now().record().spec().autoRemove()) {
        removeAfter(instance, e);
      }
      throw e;
    }
    return true;
  }

  private static void removeAfter(LiveInstance instance, Exception failure) {
    try {
      Removal.remove(instance, true);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** Stops an instance if it runs, and starts it. */
  static void restart(LiveInstance instance, Optional<Duration> timeout, Optional<String> signal)
      throws IOException, InterruptedException {
    Stopping.stop(instance, timeout, signal);
    instance.backOff(RestartBackOff.NONE);
    instance.change(life -> Life.with(life).stoppedByUser(false).build());
    Launching.launch(instance);
    instance.publish("restart");
  }
}
