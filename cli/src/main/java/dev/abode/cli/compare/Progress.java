package dev.abode.cli.compare;

import dev.abode.cli.command.Session;
import java.time.Duration;

/** Tells on standard error what is being done: one line in place on a terminal, else one a step. */
final class Progress {
  private static final String CLEAR_LINE = "\r\033[2K";

  private final Session session;
  private final boolean inPlace;
  private final long begin = System.nanoTime();

  Progress(Session session) {
    this.session = session;
    this.inPlace = session.isTerminal(Session.STDERR);
  }

  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  /** A new step. */
  void step(String words) {
    if (inPlace) {
      session.err().print(CLEAR_LINE + stamp() + words);
      session.err().flush();
    } else {
      session.err().println(stamp() + words);
    }
  }

  /** The same step going on; shown where it costs no line. */
  void detail(String words) {
    if (inPlace) {
      step(words);
    }
  }

  void done() {
    if (inPlace) {
      session.err().print(CLEAR_LINE);
      session.err().flush();
    }
  }

  private String stamp() {
    return String.format("%3d s  ", elapsed().toSeconds());
  }
}
