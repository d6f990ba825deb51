package dev.abode.docker.command;

import java.io.OutputStream;
import java.util.Optional;

/**
 * Runs command lines in this process, which is warm, for clients that would have to start a JVM
 * first. A host takes only what it can do exactly as the client's own process would: nothing that
 * reads the client's input, its files, or more of its environment than it was handed. What it does
 * not take, the client runs by itself.
 *
 * <p>A client gains no right by it: whoever may use the socket may ask the engine for anything.
 */
@FunctionalInterface
public interface CommandHost {
  /** A host that takes nothing. */
  CommandHost NONE = line -> Optional.empty();

  /** Whether this host takes the line, and if so, what will run it. Does nothing yet. */
  Optional<Hosted> accept(CommandLine line);

  /** A line that was taken, to be run once. */
  @FunctionalInterface
  interface Hosted {
    /**
     * Runs it to its end. Failures are told on {@code errors}, as a command tells them.
     *
     * @return the exit status, 0 to 255
     */
    int run(OutputStream output, OutputStream errors);
  }
}
