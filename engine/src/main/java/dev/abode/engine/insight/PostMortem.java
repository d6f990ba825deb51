package dev.abode.engine.insight;

import dev.abode.engine.explanation.Diagnosis;
import dev.abode.engine.instance.Event;
import dev.abode.engine.instance.InstanceState.Health;
import dev.abode.engine.instance.InstanceState.HealthStatus;
import dev.abode.engine.instance.InstanceState.Probe;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.LifeRecord;
import dev.abode.image.MergedTree;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds out why an instance ended or did not start, from everything that is known of it. */
public final class PostMortem {
  private static final Duration SHORT = Duration.ofSeconds(3);
  private static final Pattern PROGRAM = Pattern.compile("exec: \"(.*?)\": ");

  private final Evidence evidence;
  private final String name;
  private final List<String> findings = new ArrayList<>();
  private final List<String> tries = new ArrayList<>();

  /**
   * What is known.
   *
   * @param events of this instance since its last start, the oldest first
   * @param root its files as they are
   */
  public record Evidence(
      InstanceRecord record,
      LifeRecord life,
      Optional<Health> health,
      List<Event> events,
      List<String> lastLines,
      MergedTree root) {
    public Evidence {
      events = List.copyOf(events);
      lastLines = List.copyOf(lastLines);
    }
  }

  private PostMortem(Evidence evidence) {
    this.evidence = evidence;
    this.name = evidence.record().name();
  }

  /** Finds out. */
  public static Diagnosis of(Evidence evidence) throws IOException {
    PostMortem examination = new PostMortem(evidence);
    String verdict = examination.verdict();
    examination.health();
    examination.restarts();
    return new Diagnosis(
        examination.name, verdict, examination.findings, evidence.lastLines(), examination.tries);
  }

  private String verdict() throws IOException {
    LifeRecord life = evidence.life();
    return switch (life.status()) {
      case CREATED -> life.error().isEmpty() ? neverStarted() : notStarted();
      case RUNNING -> running();
      case PAUSED -> {
        tries.add("abode unpause " + name);
        yield name + " is paused: its processes exist and are not run.";
      }
      case REMOVING -> name + " is being removed.";
      case DEAD -> {
        tries.add("abode rm -f " + name);
        yield name + " could not be removed: " + life.error();
      }
      case RESTARTING, EXITED -> startFailed() ? notStarted() : ended();
    };
  }

  /** A start that failed leaves its reason; the supervisor's loss does too, but with an end. */
  private boolean startFailed() {
    return !evidence.life().error().isEmpty() && evidence.life().exitCode() != 255;
  }

  private String neverStarted() {
    tries.add("abode start " + name);
    return name + " was created and never started.";
  }

  private String running() {
    tries.add("abode logs -f " + name);
    tries.add("abode explain " + name);
    return name
        + " runs"
        + evidence.life().startedAt().map(at -> ", since " + lasted(at, Instant.now())).orElse("")
        + ".";
  }

  // ---- a start that failed

  private String notStarted() throws IOException {
    String error = evidence.life().error();
    Matcher program = PROGRAM.matcher(error);
    if (program.find()) {
      ExecutableLook look = ExecutableLook.at(evidence.root(), evidence.record(), program.group(1));
      findings.addAll(look.findings());
      tries.addAll(look.tries());
    }
    return name + " could not be started: " + error;
  }

  // ---- an end

  private String ended() {
    LifeRecord life = evidence.life();
    int status = life.exitCode();
    memory();
    if (life.signal() != 0) {
      signal(life.signal());
    } else {
      findings.addAll(ExitWords.findings(status));
      tries.addAll(ExitWords.tries(status, name, evidence.record().spec().image()));
    }
    if (status == 255 && !life.error().isEmpty()) {
      findings.add("What the engine saw: " + life.error() + ".");
    }
    idleShell(status);
    findings.addAll(OutputHints.of(evidence.lastLines()));
    tries.add(
        evidence.life().status() == InstanceStatus.EXITED
            ? "abode start -a " + name
            : "abode stop " + name);
    return name
        + " ended"
        + life.finishedAt().map(at -> " " + lasted(at, Instant.now()) + " ago").orElse("")
        + (life.signal() != 0
            ? " by " + ExitWords.signal(life.signal()) + " (status " + status + ")"
            : " with status " + status)
        + runTime().map(run -> ", after " + words(run)).orElse("")
        + ".";
  }

  private Optional<Duration> runTime() {
    LifeRecord life = evidence.life();
    return life.startedAt()
        .flatMap(from -> life.finishedAt().map(to -> Duration.between(from, to)))
        .filter(run -> !run.isNegative());
  }

  private void memory() {
    LifeRecord life = evidence.life();
    if (!life.oomKilled()) {
      return;
    }
    long limit = evidence.record().spec().limits().memoryBytes().orElse(0);
    String peak =
        life.memoryPeakBytes().isPresent()
            ? " It had reached " + mebibytes(life.memoryPeakBytes().getAsLong())
            : "";
    String of = limit > 0 ? " of a limit of " + mebibytes(limit) : "";
    findings.add(
        "The kernel killed a process in it for lack of memory."
            + peak
            + (peak.isEmpty() && !of.isEmpty() ? " It had" : "")
            + of
            + (peak.isEmpty() && of.isEmpty() ? "" : "."));
    if (limit > 0) {
      String doubled = 2 * (limit >> 20) + "m";
      tries.add(
          "abode update -m "
              + doubled
              + " --memory-swap "
              + doubled
              + " "
              + name
              + " # more memory");
    }
  }

  private void signal(int signal) {
    List<Event> sent =
        evidence.events().stream()
            .filter(event -> event.action().equals("kill"))
            .filter(
                event ->
                    String.valueOf(signal).equals(event.attributes().getOrDefault("signal", "")))
            .toList();
    boolean stopped = evidence.events().stream().anyMatch(event -> event.action().equals("stop"));
    boolean asked = evidence.events().stream().filter(e -> e.action().equals("kill")).count() > 1;
    if (!sent.isEmpty() && stopped && signal == 9 && asked) {
      findings.add(
          "It was asked to stop ("
              + evidence.record().stopSignal()
              + "), did not end within "
              + evidence.record().stopTimeout().toSeconds()
              + " seconds, and was killed by the engine.");
      tries.add(
          "let the program handle "
              + evidence.record().stopSignal()
              + ", or run it with --init: process 1 ignores signals that it has no handler for");
    } else if (!sent.isEmpty()) {
      findings.add(
          "The signal came from the engine, on behalf of "
              + (stopped ? "a stop" : "a kill or a removal")
              + ", at "
              + sent.getLast().time()
              + ".");
    } else if (!evidence.life().oomKilled()) {
      findings.add(
          "The engine did not send that signal: it came from the program itself, from a process"
              + " inside, from the kernel, or from somebody on the host.");
      findings.addAll(ExitWords.signalFindings(signal));
      tries.addAll(ExitWords.signalTries(signal));
    }
  }

  /** What everybody runs into once: a shell without input is at its end at once. */
  private void idleShell(int status) {
    List<String> arguments = evidence.record().arguments();
    boolean shell =
        arguments.size() == 1 && arguments.getFirst().matches("(/bin/|/usr/bin/)?(ba|da|a|z)?sh");
    boolean brief = runTime().filter(run -> run.compareTo(SHORT) < 0).isPresent();
    if (status == 0 && shell && brief && !evidence.record().spec().streams().openStdin()) {
      findings.add("Its program is a shell, which ends at once when it has no input to read.");
      tries.add("abode run -it " + evidence.record().spec().image() + " # a shell to type into");
    }
  }

  // ---- what else is known

  private void health() {
    if (evidence.health().isEmpty()) {
      return;
    }
    Health health = evidence.health().get();
    if (health.status() != HealthStatus.UNHEALTHY && health.failingStreak() == 0) {
      return;
    }
    findings.add(
        "Its health check failed "
            + health.failingStreak()
            + (health.failingStreak() == 1 ? " time" : " times")
            + " in a row: "
            + evidence.record().health().map(check -> String.join(" ", check.test())).orElse(""));
    for (Probe probe : health.log().reversed().stream().limit(3).toList()) {
      findings.add(
          "Check at "
              + probe.started()
              + ": status "
              + probe.exitCode()
              + ", after "
              + words(Duration.between(probe.started(), probe.finished()))
              + (probe.output().isBlank() ? ", no output" : ": " + probe.output().strip()));
    }
    if (evidence.life().status() == InstanceStatus.RUNNING) {
      tries.add("abode exec " + name + " … # run the check by hand");
    }
  }

  private void restarts() {
    LifeRecord life = evidence.life();
    RestartPolicy policy = evidence.record().spec().restart();
    if (life.restartCount() == 0) {
      return;
    }
    String times = life.restartCount() + (life.restartCount() == 1 ? " time" : " times");
    findings.add("Its restart policy has started it again " + times + ".");
    boolean spent =
        policy.mode() == RestartPolicy.Mode.ON_FAILURE
            && policy.maxRetries() > 0
            && life.restartCount() >= policy.maxRetries();
    if (spent) {
      findings.add("That was as often as the policy allows, so it stays as it is.");
    } else if (life.status() == InstanceStatus.RESTARTING) {
      findings.add("The pauses between the starts double, up to a minute.");
      tries.add("abode update --restart no " + name + " # stop the loop, and look at it in peace");
    }
  }

  private static String mebibytes(long bytes) {
    return Wording.bytes(Long.toString(bytes)).replaceAll("^\\d+ \\((.*)\\)$", "$1");
  }

  private static String lasted(Instant from, Instant to) {
    return words(Duration.between(from, to));
  }

  private static String words(Duration duration) {
    long seconds = Math.max(0, duration.toSeconds());
    if (seconds < 10) {
      return String.format(
          java.util.Locale.ROOT, "%.1f seconds", Math.max(0, duration.toMillis()) / 1000.0);
    }
    OptionalInt unit =
        seconds < 120
            ? OptionalInt.of(0)
            : seconds < 7200 ? OptionalInt.of(1) : OptionalInt.empty();
    return unit.isEmpty()
        ? seconds / 3600 + " hours"
        : unit.getAsInt() == 0 ? seconds + " seconds" : seconds / 60 + " minutes";
  }
}
