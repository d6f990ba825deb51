package dev.abode.init;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What the shim does for its workload besides launching it.
 *
 * @param terminal whether the streams are a pseudo terminal, which {@link Step.OpenTerminal} opens
 * @param rows the terminal's height in lines at the start, 0 to leave it
 * @param columns the terminal's width in characters at the start, 0 to leave it
 * @param openStdin whether the workload gets a standard input; otherwise it reads end-of-file
 * @param closeStdinOnce whether standard input ends when the first client attached to it leaves
 * @param log where output is kept
 * @param exitRecord the file the exit is written to, by fsync and rename, before the shim leaves;
 *     its folder must exist. Its form is that of {@link ExitRecord}
 * @param oomEvents a cgroup file with a line {@code oom_kill N} ({@code memory.oom_control} of v1,
 *     {@code memory.events} of v2), read before the launch and after the exit
 * @param remote the guest that the workload runs in; terminal and standard input are the workload's
 *     there, the OOM events are the machine's here
 */
public record Supervision(
    boolean terminal,
    int rows,
    int columns,
    boolean openStdin,
    boolean closeStdinOnce,
    Optional<Log> log,
    Optional<Path> exitRecord,
    Optional<Path> oomEvents,
    Optional<Remote> remote) {

  /** Of a workload on this kernel. */
  public Supervision(
      boolean terminal,
      int rows,
      int columns,
      boolean openStdin,
      boolean closeStdinOnce,
      Optional<Log> log,
      Optional<Path> exitRecord,
      Optional<Path> oomEvents) {
    this(
        terminal,
        rows,
        columns,
        openStdin,
        closeStdinOnce,
        log,
        exitRecord,
        oomEvents,
        Optional.empty());
  }

  /**
   * A log made of frames (see {@link Frame}), the current part being {@code file}, older parts
   * {@code file.1}, {@code file.2} and so on. A part that would outgrow {@code maxBytes} is renamed
   * and a new one begun; a start appends to what is there.
   *
   * @param maxBytes size of one part in bytes, at least 4096
   * @param maxFiles how many parts are kept, the current one included, at least 1
   */
  public record Log(Path file, long maxBytes, int maxFiles) {
    public Log {
      if (maxBytes < 4096 || maxFiles < 1) {
        throw new IllegalArgumentException(
            "a log needs at least 4096 bytes and 1 file, not " + maxBytes + " and " + maxFiles);
      }
    }
  }

  /** How long the shim passes on output of processes that outlive the workload. */
  public static final Duration DRAIN = Duration.ofMillis(100);
}
