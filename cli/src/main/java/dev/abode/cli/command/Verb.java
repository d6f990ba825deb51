package dev.abode.cli.command;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import java.io.IOException;

/**
 * One thing the command can do. A verb is made anew for each command line, and only if it is named.
 */
public interface Verb {
  Syntax syntax();

  /**
   * Does it.
   *
   * @return the exit status
   * @throws dev.abode.cli.arguments.UsageException if the values of options make no sense
   * @throws IOException if the engine refuses or cannot be reached
   */
  int run(Session session, Arguments arguments) throws IOException, InterruptedException;

  /** The exit status when the engine refuses; 125 where the workload's own must stay tellable. */
  default int statusOfRefusal() {
    return 1;
  }
}
