package dev.abode.engine;

import dev.abode.engine.bridge.NetworkRun;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.machine.MachineFailure;
import dev.abode.engine.record.LifeRecord;
import dev.abode.init.ExitRecord;
import dev.abode.init.ShimEvent;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a run: what is written down, taken away and made known, and whether another run
 * follows.
 */
final class Ending {
  private static final Logger LOGGER = LoggerFactory.getLogger(Ending.class);

  /** Docker's exit code for an end that nobody saw. */
  static final int UNKNOWN_EXIT = 255;

  private Ending() {}

  /** Waits for the end of {@code run}, on a thread of its own, and does what follows from it. */
  static void watch(LiveInstance instance, Run run) {
    Optional<ExitRecord> exit = Optional.empty();
    try {
      exit = await(instance, run);
    } catch (IOException | RuntimeException e) {
      LOGGER.warn("the supervisor of {} cannot be watched any more", instance, e);
    }
    if (instance.site.isClosing()) {
      return;
    }
    conclude(instance, run, exit);
    follow(instance);
  }

  /** How the workload ended; empty when its supervisor went without saying. */
  private static Optional<ExitRecord> await(LiveInstance instance, Run run) throws IOException {
    Optional<ExitRecord> exit = Optional.empty();
    while (true) {
      switch (run.shim().next()) {
        case ShimEvent.Exited exited -> {
          exit = Optional.of(exited.record());
          switch (instance.now().record().spec().isolation()) {
            case CONTAINER -> {
              return exit;
            }
            // The guest still brings its disk in order, for as long as its supervisor lets it.
            case VM -> discardIfUnwanted(instance);
          }
        }
        case ShimEvent.Gone gone -> {
          return exit;
        }
        case ShimEvent.Waiting waiting -> {}
        case ShimEvent.Booting booting -> {}
        case ShimEvent.Ready ready -> {}
        case ShimEvent.Answer answer -> {}
        case ShimEvent.Created created -> {}
        case ShimEvent.Started started -> {}
        case ShimEvent.Failed failed -> {}
        case ShimEvent.Output output -> {}
      }
    }
  }

  /** A disk that is removed with its instance need not be in order. */
  private static void discardIfUnwanted(LiveInstance instance) {
    if (!instance.now().record().spec().autoRemove()) {
      return;
    }
    try {
      instance.site.walls().takeDown(instance.id());
    } catch (IOException | RuntimeException e) {
      LOGGER.debug("the machine of {} ends by itself, as it could not be ended", instance, e);
    }
  }

  /** Takes away what is left of the run, and makes its end known. */
  static void conclude(LiveInstance instance, Run run, Optional<ExitRecord> exit) {
    instance.health().end();
    try {
      run.shim().close();
    } catch (IOException e) {
      LOGGER.debug("closing the connection to the supervisor of {}", instance, e);
    }
    int exitCode = exit.map(ExitRecord::shellStatus).orElse(UNKNOWN_EXIT);
    boolean oomKilled = exit.map(r -> r.oomKills() > 0).orElse(false);
    Instant finished = exit.map(ExitRecord::finished).orElseGet(Instant::now);
    // A workload can be over before the engine has looked at the clock after its start.
    Instant started =
        finished.isBefore(run.startedAt())
            ? exit.map(ExitRecord::started).orElse(finished)
            : run.startedAt();
    Duration lasted = Duration.between(started, finished);
    RestartPolicy policy = instance.now().record().spec().restart();
    boolean again =
        !instance.endWanted()
            && RestartBackOff.wanted(policy, exitCode, instance.now().life().restartCount());
    if (again) {
      instance.backOff(instance.backOff().after(lasted));
    }
    LifeRecord ended =
        Life.with(instance.now().life())
            .status(again ? InstanceStatus.RESTARTING : InstanceStatus.EXITED)
            .exitCode(exitCode)
            .oomKilled(oomKilled)
            .signal(exit.map(ExitRecord::signal).orElse(0))
            .memoryPeakBytes(oomKilled ? memoryPeak(instance, run) : OptionalLong.empty())
            .error(
                exit.map(record -> errorOf(instance, record))
                    .orElse(
                        "its supervisor ended without an exit record, perhaps killed; the workload"
                            + " was ended with it"))
            .startedAt(Optional.of(started))
            .finishedAt(Optional.of(finished))
            .build();
    // On disk before the run folder goes with the exit record in it, and seen by others only after
    // that, when the instance can be started again.
    instance.state().write(ended);
    NetworkRun network = instance.site.networks().run(instance.id());
    String leftover = takeDown(instance, run);
    instance.ended(
        ended,
        life ->
            Life.with(ended)
                .error(leftover.isEmpty() ? ended.error() : leftover)
                .stoppedByUser(life.stoppedByUser())
                .build(),
        () -> {
          instance.publishDeath();
          NetworkAnnouncements.publish(instance, "disconnect", network);
        });
  }

  /** How much it had used, as long as its control group is there to be asked. */
  private static OptionalLong memoryPeak(LiveInstance instance, Run run) {
    try {
      return instance.site.walls().stats(instance.now().record(), run.workload()).memoryPeakBytes();
    } catch (IOException | RuntimeException e) {
      LOGGER.debug("the memory that {} had used is not known", instance, e);
      return OptionalLong.empty();
    }
  }

  /** A machine may end under its workload; its console lies in the run's folder, which goes. */
  private static String errorOf(LiveInstance instance, ExitRecord exit) {
    return exit.machineDied() ? MachineFailure.death(instance.runFolder().console()) : "";
  }

  private static String takeDown(LiveInstance instance, Run run) {
    try {
      instance.site.names().end(instance.id());
      instance.site.walls().takeDown(instance.id());
      instance.site.networks().release(instance.id());
      instance.execs.awaitEnds();
      instance.site.volumes().letGo(instance.now().record().mounts(), instance.id());
      instance.site.volumes().publish("unmount", instance);
      instance.site.deletions().discard(instance.runFolder().path());
      run.workload().firstId().ifPresent(instance.site.ids()::release);
      return "";
    } catch (IOException | RuntimeException e) {
      // The range of ids stays taken: a process that could not be killed may still have it.
      LOGGER.warn("what the last run of {} left could not be taken away", instance, e);
      return "it ended, but what it left could not be taken away: " + e.getMessage();
    }
  }

  /** Does what an ended instance is meant to do: start again, be removed, or nothing. */
  static void follow(LiveInstance instance) {
    try {
      if (instance.now().status() == InstanceStatus.RESTARTING) {
        restart(instance);
      } else if (instance.now().record().spec().autoRemove()) {
        removeAfterwards(instance);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void restart(LiveInstance instance) throws InterruptedException {
    if (!instance.state().awaitRestart(instance.backOff().delay())) {
      return;
    }
    try {
      instance.exclusively(
          () -> {
            if (instance.now().status() != InstanceStatus.RESTARTING || instance.site.isClosing()) {
              return false;
            }
            instance.change(life -> Life.with(life).restartCount(life.restartCount() + 1).build());
            Launching.launch(instance);
            return true;
          });
    } catch (IOException | RuntimeException e) {
      if (!instance.isRemoved()) {
        LOGGER.warn("{} could not be started again as its restart policy says", instance, e);
      }
    }
  }

  private static void removeAfterwards(LiveInstance instance) throws InterruptedException {
    try {
      instance.exclusively(
          () -> {
            // Somebody may have started it again meanwhile.
            if (!instance.isAlive()) {
              Removal.remove(instance, true);
            }
            return true;
          });
    } catch (IOException | RuntimeException e) {
      if (!instance.isRemoved()) {
        LOGGER.warn("{} could not be removed after its end", instance, e);
      }
    }
  }
}
