package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.launch.HostIds;
import java.util.BitSet;

/**
 * Host ids for user namespaces: each running instance has 65,536 of its own. Ranges begin well
 * above what {@code useradd(8)} hands out in {@code /etc/subuid} and end below 2^31, which some
 * programs take for the end of all ids.
 */
final class IdRanges implements HostIds {
  static final long SIZE = 65_536;
  private static final long BASE = 0x4000_0000L;
  private static final int COUNT = (int) ((0x8000_0000L - BASE) / SIZE);

  private final BitSet taken = new BitSet(COUNT);
  private int next;

  /**
   * The first id of a range that nobody has. Ranges are used in turn, so that a process that
   * outlived its instance meets no other instance's files.
   */
  @Override
  public synchronized long take() {
    int index = taken.nextClearBit(next);
    if (index >= COUNT) {
      index = taken.nextClearBit(0);
    }
    if (index >= COUNT) {
      throw new EngineException(
          EngineException.Kind.EXHAUSTED,
          "all "
              + COUNT
              + " ranges of user ids are in use by running instances; stop some, or run with"
              + " --userns host");
    }
    taken.set(index);
    next = index + 1 == COUNT ? 0 : index + 1;
    return BASE + index * SIZE;
  }

  /** Notes that a range found in the kernel is in use. */
  synchronized void adopt(long firstId) {
    if (isOurs(firstId)) {
      taken.set(index(firstId));
    }
  }

  @Override
  public synchronized void release(long firstId) {
    if (isOurs(firstId)) {
      taken.clear(index(firstId));
    }
  }

  private static boolean isOurs(long firstId) {
    return firstId >= BASE && firstId < BASE + COUNT * SIZE;
  }

  private static int index(long firstId) {
    return (int) ((firstId - BASE) / SIZE);
  }
}
