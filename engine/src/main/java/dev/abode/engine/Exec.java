package dev.abode.engine;

import dev.abode.engine.instance.ExecInfo;
import java.io.IOException;

/** A further process in a running instance: made by {@link Instance#exec}, started once. */
public interface Exec {
  String id();

  ExecInfo info();

  /**
   * Starts it and attaches to its streams. The attachment misses nothing.
   *
   * @throws dev.abode.engine.failure.EngineException CONFLICT if it was started before or the
   *     instance does not run; COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE
   */
  Attachment start() throws IOException;

  /** Starts it and leaves it alone. */
  void startDetached() throws IOException;

  void resize(int rows, int columns) throws IOException;

  /** Waits for its end and returns the exit status as a shell gives it. */
  int await() throws InterruptedException;
}
