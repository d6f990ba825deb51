package dev.abode.engine;

import dev.abode.engine.instance.LogLine;
import java.io.IOException;
import java.util.Optional;

/** Pieces of a log, oldest first. {@link #close} ends a {@link #next} that waits. */
public interface LogStream extends AutoCloseable {
  /** The next piece; empty at the end. Waits when following. */
  Optional<LogLine> next() throws IOException;

  @Override
  void close();
}
