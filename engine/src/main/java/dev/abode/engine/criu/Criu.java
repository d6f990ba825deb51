package dev.abode.engine.criu;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.tool.ProgramRun;
import dev.abode.engine.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The {@code criu} that works on this kernel, if there is one. That is tried, once for each
 * program, since an old one meets new kernels that it does not understand.
 */
public final class Criu {
  private static final String NEEDED = "install criu 4.1 or newer";

  /** One that is unpacked aside goes before the distribution's, which may be too old. */
  private static final List<Path> ASIDE =
      List.of(Path.of("/usr/local/lib/abode/criu/criu"), Path.of("/usr/lib/abode/criu/criu"));

  private static final Tool INSTALLED = new Tool("criu", "criu");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** What is known of a program as it was. */
  private record Trial(Path program, FileTime changed, Optional<String> refusal) {}

  private final Path top;
  private final Duration patience;
  private final List<Trial> trials = new ArrayList<>();

  /** That of this host. */
  public Criu() {
    this(Path.of("/"));
  }

  /**
   * That of a host whose files are elsewhere.
   *
   * @param top its root folder
   */
  public Criu(Path top) {
    this(top, PATIENCE);
  }

  Criu(Path top, Duration patience) {
    this.top = top;
    this.patience = patience;
  }

  /**
   * The program.
   *
   * @param purpose what needs it, as in "cannot PURPOSE"
   * @throws EngineException UNSUPPORTED when there is none that works here, with its own words
   */
  public Path require(String purpose) throws IOException {
    Optional<Path> found = find();
    if (found.isEmpty()) {
      throw new EngineException(Kind.UNSUPPORTED, "cannot " + purpose + ": " + why());
    }
    return found.get();
  }

  /** The program, if there is one that works here. */
  public Optional<Path> find() throws IOException {
    for (Path program : programs()) {
      if (trial(program).refusal().isEmpty()) {
        return Optional.of(program);
      }
    }
    return Optional.empty();
  }

  /** Why there is none, and what to do. */
  public String why() throws IOException {
    return reason() + "; " + NEEDED;
  }

  /** Why there is none. */
  public String reason() throws IOException {
    List<String> refusals = new ArrayList<>();
    for (Path program : programs()) {
      trial(program).refusal().ifPresent(words -> refusals.add(program + " says: " + words));
    }
    return refusals.isEmpty()
        ? "criu is not installed"
        : "criu does not work on this kernel, " + String.join("; ", refusals);
  }

  /** What is known without a further trial. */
  public synchronized String known() {
    return trials.isEmpty()
        ? "not tried before the first snapshot of a running container"
        : trials.stream()
            .map(
                trial ->
                    trial.program()
                        + trial.refusal().map(words -> " does not work: " + words).orElse(" works"))
            .collect(Collectors.joining("; "));
  }

  /** As they are called on their host. */
  private List<Path> programs() {
    List<Path> programs = new ArrayList<>();
    ASIDE.stream().filter(program -> Files.isExecutable(file(program))).forEach(programs::add);
    INSTALLED.find(top).ifPresent(programs::add);
    return programs;
  }

  private Path file(Path program) {
    return top.resolve(Path.of("/").relativize(program));
  }

  private synchronized Trial trial(Path program) throws IOException {
    FileTime changed = Files.getLastModifiedTime(file(program));
    for (Trial trial : trials) {
      if (trial.program().equals(program) && trial.changed().equals(changed)) {
        return trial;
      }
    }
    Trial trial = new Trial(program, changed, refusal(file(program)));
    trials.add(trial);
    return trial;
  }

  private Optional<String> refusal(Path file) throws IOException {
    ProgramRun run = ProgramRun.of(file, List.of("check"), Path.of("/"), patience);
    if (run.late()) {
      return Optional.of("nothing, it does not end");
    }
    return run.status() == 0 ? Optional.empty() : Optional.of(CriuErrors.of(run.output()));
  }
}
