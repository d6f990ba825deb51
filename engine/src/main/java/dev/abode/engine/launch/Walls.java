package dev.abode.engine.launch;

import java.io.IOException;
import java.util.Set;

/**
 * What separates an instance from everything else, as far as its life needs to know: raised for a
 * start, taken down after the end. The engine spawns the shim and keeps the books; an
 * implementation knows namespaces and control groups, or hypervisors.
 *
 * <p>{@link IsolationWalls#raise} may leave things in the kernel under the instance's ID. {@link
 * #takeDown} takes all of that away, whatever there is of it, however often it is called; so what
 * an engine that was killed has left is taken down by the next one.
 */
public interface Walls extends IsolationWalls {
  /** Kills every process that is left, and takes away everything kept under this ID. */
  void takeDown(String id) throws IOException;

  /** The IDs of which anything is left in the kernel. */
  Set<String> standing() throws IOException;

  void freeze(String id) throws IOException;

  void thaw(String id) throws IOException;

  boolean isFrozen(String id) throws IOException;
}
