package dev.abode.engine.instance;

import java.util.List;
import java.util.Optional;

/**
 * A further process in a running instance.
 *
 * @param environment added to the instance's own, {@code NAME=value}
 * @param workingDirectory empty: the instance's
 * @param user {@code user[:group]}; empty: the instance's
 */
public record ExecSpec(
    List<String> command,
    List<String> environment,
    Optional<String> workingDirectory,
    Optional<String> user,
    boolean privileged,
    Streams streams,
    int terminalRows,
    int terminalColumns) {
  public ExecSpec {
    command = List.copyOf(command);
    environment = List.copyOf(environment);
  }

  /** A command with the instance's own environment, folder and user, output only. */
  public static ExecSpec of(String... command) {
    return new ExecSpec(
        List.of(command),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        false,
        Streams.OUTPUT_ONLY,
        0,
        0);
  }
}
