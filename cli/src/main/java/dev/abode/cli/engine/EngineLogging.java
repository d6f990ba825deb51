package dev.abode.cli.engine;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** The engine's log: a line for each record, on standard error. */
final class EngineLogging {
  private EngineLogging() {}

  /** Warnings and worse, or everything of ours. */
  static void configure(boolean debug) {
    Logger root = Logger.getLogger("");
    for (Handler handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    Handler handler = new ConsoleHandler();
    handler.setFormatter(new OneLine());
    handler.setLevel(Level.ALL);
    root.addHandler(handler);
    root.setLevel(Level.WARNING);
    Ours.LOGGER.setLevel(debug ? Level.ALL : Level.WARNING);
  }

  /** The log manager holds loggers weakly, and would forget the level with the logger. */
  private static final class Ours {
    static final Logger LOGGER = Logger.getLogger("dev.abode");
  }

  private static final class OneLine extends Formatter {
    @Override
    public String format(LogRecord record) {
      StringWriter line = new StringWriter();
      line.append(Instant.ofEpochMilli(record.getMillis()).toString())
          .append(' ')
          .append(record.getLevel().getName())
          .append(' ')
          .append(record.getLoggerName())
          .append(' ')
          .append(formatMessage(record).replace('\n', ' '))
          .append('\n');
      Throwable thrown = record.getThrown();
      if (thrown != null) {
        thrown.printStackTrace(new PrintWriter(line, /* autoFlush= */ true));
      }
      return line.toString();
    }
  }
}
