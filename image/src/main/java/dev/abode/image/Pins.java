package dev.abode.image;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What garbage collection must leave alone although no image refers to it: content that an
 * operation under way has brought, or found here and counts upon. Who wants to use a thing pins it
 * first and looks for it then, so it cannot vanish between the look and the use.
 */
final class Pins<K> {
  private final Map<K, Integer> counts = new HashMap<>();

  /** A removal. */
  @FunctionalInterface
  interface Removal {
    void run() throws IOException;
  }

  /** Runs {@code removal} unless {@code key} is pinned, and says whether it did. */
  boolean unlessPinned(K key, Removal removal) throws IOException {
    synchronized (counts) {
      if (counts.containsKey(key)) {
        return false;
      }
      removal.run();
      return true;
    }
  }

  Lease lease() {
    return new Lease();
  }

  /** The pins of one operation, which end together. */
  final class Lease implements AutoCloseable {
    private final Set<K> mine = new HashSet<>();

    private Lease() {}

    void pin(K key) {
      synchronized (counts) {
        if (mine.add(key)) {
          counts.merge(key, 1, Integer::sum);
        }
      }
    }

    Set<K> pinned() {
      synchronized (counts) {
        return Set.copyOf(mine);
      }
    }

    @Override
    public void close() {
      synchronized (counts) {
        for (K key : mine) {
          counts.computeIfPresent(key, (k, count) -> count == 1 ? null : count - 1);
        }
        mine.clear();
      }
    }
  }
}
