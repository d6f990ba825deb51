package dev.abode.image;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * One lock a key, made when wanted and forgotten when nobody wants it any more. Unlike a {@code
 * ReentrantLock} it may be released by another thread than took it, since a transfer can end
 * elsewhere than it began; so it is not reentrant.
 */
final class KeyedLocks<K> {
  private static final class Lock {
    final Semaphore free = new Semaphore(1);
    int wanted;
  }

  private final ConcurrentHashMap<K, Lock> locks = new ConcurrentHashMap<>();

  /** A lock that is held until closed. */
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** Waits for the lock of {@code key}. */
  Held take(K key) throws IOException {
    Lock lock =
        locks.compute(
            key,
            (k, present) -> {
              Lock used = present == null ? new Lock() : present;
              used.wanted++;
              return used;
            });
    try {
      lock.free.acquire();
    } catch (InterruptedException e) {
      forget(key);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for " + key);
    }
    return () -> {
      lock.free.release();
      forget(key);
    };
  }

  private void forget(K key) {
    locks.computeIfPresent(key, (k, lock) -> --lock.wanted == 0 ? null : lock);
  }
}
