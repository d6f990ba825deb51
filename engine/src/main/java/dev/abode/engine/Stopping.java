package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends runs on purpose. The caller has the instance to itself, but for {@link #kill}. */
final class Stopping {
  private static final Logger LOGGER = LoggerFactory.getLogger(Stopping.class);

  /** How long a killed workload may take to go; what is stuck in the kernel takes longer. */
  private static final Duration KILLED = Duration.ofSeconds(30);

  private Stopping() {}

  /** Asks, waits, and kills. */
  static boolean stop(LiveInstance instance, Optional<Duration> timeout, Optional<String> signal)
      throws IOException, InterruptedException {
    if (cancelRestart(instance)) {
      instance.publish("stop");
      return true;
    }
    Optional<Run> present = instance.now().run();
    if (present.isEmpty()) {
      return false;
    }
    Run run = present.get();
    int number =
        Signals.number(
            signal.filter(s -> !s.isEmpty()).orElse(instance.now().record().stopSignal()));
    instance.wantEnd();
    instance.change(life -> Life.with(life).stoppedByUser(true).build());
    send(instance, run, number);
    if (!instance.state().awaitEnd(run, timeout.orElse(instance.now().record().stopTimeout()))) {
      killAndWait(instance);
    }
    // It may have ended by itself, and been meant to start again, just before it was asked to.
    cancelRestart(instance);
    instance.publish("stop");
    return true;
  }

  /**
   * Takes an instance out of the wait for its next start.
   *
   * @return whether it was waiting
   */
  static boolean cancelRestart(LiveInstance instance) {
    if (instance.now().status() != InstanceStatus.RESTARTING) {
      return false;
    }
    instance.wantEnd();
    instance.change(
        life -> Life.with(life).status(InstanceStatus.EXITED).stoppedByUser(true).build());
    return true;
  }

  /** Kills what runs, and waits until it is gone. */
  static void killAndWait(LiveInstance instance) throws IOException, InterruptedException {
    Optional<Run> present = instance.now().run();
    if (present.isEmpty()) {
      return;
    }
    instance.wantEnd();
    send(instance, present.get(), Signals.KILL);
    if (!instance.state().awaitEnd(present.get(), KILLED)) {
      throw new EngineException(
          EngineException.Kind.UNAVAILABLE,
          "killed "
              + instance
              + ", but its process "
              + present.get().workload().pid()
              + " has not ended within "
              + KILLED.toSeconds()
              + " seconds; it may be waiting for a device or a network file system");
    }
    cancelRestart(instance);
  }

  /** {@code docker kill}. */
  static void kill(LiveInstance instance, String signal) throws IOException {
    int number = Signals.number(signal.isEmpty() ? "KILL" : signal);
    instance.state().refuseRemoved();
    String id = instance.id();
    Run run =
        instance
            .now()
            .run()
            .orElseThrow(
                () ->
                    instance.conflict(
                        "cannot kill container: " + id + ": container " + id + " is not running"));
    boolean meantToEnd =
        number == Signals.KILL
            || number == Signals.TERM
            || number == Signals.number(instance.now().record().stopSignal());
    if (meantToEnd) {
      instance.wantEnd();
      instance.change(life -> Life.with(life).stoppedByUser(true).build());
    }
    send(instance, run, number);
  }

  private static void send(LiveInstance instance, Run run, int number) throws IOException {
    try {
      run.shim().signal(number);
    } catch (IOException e) {
      // The supervisor leaves only after its workload, so there is nobody to send a signal to.
      LOGGER.debug("{} ended before signal {} could be sent", instance, number, e);
      return;
    }
    instance.publish("kill", Map.of("signal", Integer.toString(number)));
    // A frozen process takes no signal; the signal is what it is to wake up for.
    if (instance.now().status() == InstanceStatus.PAUSED
        && (number == Signals.KILL || instance.endWanted())) {
      Pausing.thaw(instance);
    }
  }
}
