package dev.abode.engine;

import dev.abode.engine.instance.Event;
import java.util.Optional;

/** Events, oldest first. {@link #close} ends a {@link #next} that waits. */
public interface EventStream extends AutoCloseable {
  /** The next event; empty at the end. Waits when there is no end. */
  Optional<Event> next() throws InterruptedException;

  @Override
  void close();
}
