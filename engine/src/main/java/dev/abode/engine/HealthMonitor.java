package dev.abode.engine;

import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.HealthCheck;
import dev.abode.engine.instance.InstanceState.Health;
import dev.abode.engine.instance.InstanceState.HealthStatus;
import dev.abode.engine.instance.InstanceState.Probe;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.LogLine;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.record.RandomId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether an instance is healthy, by running its check inside at intervals, as a
 * Dockerfile's HEALTHCHECK asks. One virtual thread an instance that has a check.
 *
 * <p>With the label {@value #RESTART_LABEL} set to {@code true} and a restart policy, an unhealthy
 * workload is ended, and the policy does the rest.
 */
final class HealthMonitor {
  static final String RESTART_LABEL = "dev.abode.restart-unhealthy";

  private static final Logger LOGGER = LoggerFactory.getLogger(HealthMonitor.class);
  private static final Duration INTERVAL = Duration.ofSeconds(30);
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Duration START_INTERVAL = Duration.ofSeconds(5);
  private static final int RETRIES = 3;
  private static final int PROBES_KEPT = 5;
  private static final int MAX_OUTPUT_BYTES = 4096;

  private final LiveInstance instance;
  private volatile Optional<Health> state = Optional.empty();

  HealthMonitor(LiveInstance instance) {
    this.instance = instance;
  }

  /** What is known; empty without a check. */
  Optional<Health> state() {
    return state;
  }

  /** The check of an instance, empty when there is none or it was switched off. */
  private Optional<HealthCheck> check() {
    return instance
        .now()
        .record()
        .health()
        .filter(c -> !c.test().isEmpty() && !c.test().getFirst().equals("NONE"));
  }

  void begin(Run run) {
    check()
        .ifPresent(
            check -> {
              state = Optional.of(new Health(HealthStatus.STARTING, 0, List.of()));
              Thread.ofVirtual()
                  .name("health-" + instance.id().substring(0, 12))
                  .start(() -> watch(run, check));
            });
  }

  /** The run is over; what was found last stays known, as with Docker, but says nothing more. */
  void end() {
    state =
        state.map(
            h ->
                h.status() == HealthStatus.STARTING
                    ? h
                    : new Health(HealthStatus.UNHEALTHY, h.failingStreak(), h.log()));
  }

  private void watch(Run run, HealthCheck check) {
    try {
      while (!instance.state().awaitEnd(run, pause(run, check)) && !instance.site.isClosing()) {
        if (instance.now().status() == InstanceStatus.RUNNING) {
          note(run, check, probe(check));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOGGER.warn("the unhealthy {} could not be ended", instance, e);
    }
  }

  private Duration pause(Run run, HealthCheck check) {
    return isStarting(run, check)
        ? or(check.startInterval(), START_INTERVAL)
        : or(check.interval(), INTERVAL);
  }

  /** Failures do not count before it was healthy once or the start period is over. */
  private boolean isStarting(Run run, HealthCheck check) {
    return state.filter(h -> h.status() == HealthStatus.STARTING).isPresent()
        && Instant.now().isBefore(run.startedAt().plus(check.startPeriod()));
  }

  private static Duration or(Duration asked, Duration otherwise) {
    return asked.isZero() || asked.isNegative() ? otherwise : asked;
  }

  private Probe probe(HealthCheck check) {
    Instant started = Instant.now();
    List<String> test = check.test();
    List<String> command =
        test.getFirst().equals("CMD-SHELL")
            ? List.of("/bin/sh", "-c", String.join(" ", test.subList(1, test.size())))
            : test.getFirst().equals("CMD") ? test.subList(1, test.size()) : test;
    ExecSpec spec = ExecSpec.of(command.toArray(String[]::new));
    ExecSession session = new ExecSession(instance, RandomId.next(), spec, false);
    try (Attachment attachment = session.start()) {
      ByteArrayOutputStream output = new ByteArrayOutputStream();
      Thread reader = Thread.ofVirtual().start(() -> drain(attachment, output));
      OptionalInt exit = session.awaitEnd(or(check.timeout(), TIMEOUT));
      if (exit.isEmpty()) {
        session.signal(Signals.KILL);
        return new Probe(
            started,
            Instant.now(),
            -1,
            "Health check exceeded timeout (" + or(check.timeout(), TIMEOUT).toMillis() + "ms)");
      }
      reader.join();
      return new Probe(
          started, Instant.now(), exit.getAsInt(), output.toString(StandardCharsets.UTF_8));
    } catch (IOException | RuntimeException e) {
      return new Probe(started, Instant.now(), -1, String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Probe(started, Instant.now(), -1, "interrupted");
    }
  }

  private static void drain(Attachment attachment, ByteArrayOutputStream output) {
    try {
      for (Optional<LogLine> piece = attachment.read();
          piece.isPresent();
          piece = attachment.read()) {
        byte[] bytes = new byte[piece.get().bytes().remaining()];
        piece.get().bytes().get(bytes);
        output.write(bytes, 0, Math.min(bytes.length, MAX_OUTPUT_BYTES - output.size()));
      }
    } catch (IOException e) {
      LOGGER.debug("the output of a health check ended early", e);
    }
  }

  private void note(Run run, HealthCheck check, Probe probe)
      throws IOException, InterruptedException {
    boolean starting = isStarting(run, check);
    Health before = state.orElseThrow();
    List<Probe> log = new ArrayList<>(before.log());
    log.add(probe);
    if (log.size() > PROBES_KEPT) {
      log.removeFirst();
    }
    boolean healthy = probe.exitCode() == 0;
    int streak = healthy ? 0 : starting ? before.failingStreak() : before.failingStreak() + 1;
    int retries = check.retries() > 0 ? check.retries() : RETRIES;
    HealthStatus status =
        healthy
            ? HealthStatus.HEALTHY
            : streak >= retries ? HealthStatus.UNHEALTHY : before.status();
    state = Optional.of(new Health(status, streak, log));
    if (status != before.status()) {
      instance.publish("health_status: " + status.name().toLowerCase(Locale.ROOT));
      if (status == HealthStatus.UNHEALTHY) {
        restartIfAsked(run);
      }
    }
  }

  private void restartIfAsked(Run run) throws IOException, InterruptedException {
    var spec = instance.now().record().spec();
    if (spec.restart().mode() == RestartPolicy.Mode.NO
        || !"true".equals(spec.labels().get(RESTART_LABEL))) {
      return;
    }
    run.shim().signal(Signals.number(instance.now().record().stopSignal()));
    if (!instance.state().awaitEnd(run, instance.now().record().stopTimeout())) {
      run.shim().signal(Signals.KILL);
    }
  }
}
