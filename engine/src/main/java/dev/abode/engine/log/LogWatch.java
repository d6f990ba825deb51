package dev.abode.engine.log;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Strikes a {@link Pulse} when a file in a folder changes, by {@code inotify(7)}. One platform
 * thread for all followed logs, made when the first one is followed; an instance that nobody
 * follows costs nothing.
 */
public final class LogWatch implements AutoCloseable {
  private final Map<Path, Followed> followed = new HashMap<>();
  private Optional<WatchService> service = Optional.empty();
  private boolean closed;

  private static final class Followed {
    final Pulse pulse = new Pulse();
    final WatchKey key;
    int readers;

    Followed(WatchKey key) {
      this.key = key;
    }
  }

  /** Begins to watch {@code folder} for one more reader; {@link #release} ends that. */
  synchronized Pulse acquire(Path folder) throws IOException {
    if (closed) {
      throw new IOException("cannot follow the log in " + folder + ": the engine is closing");
    }
    Followed entry = followed.get(folder);
    if (entry == null) {
      entry =
          new Followed(
              folder.register(
                  service(),
                  StandardWatchEventKinds.ENTRY_CREATE,
                  StandardWatchEventKinds.ENTRY_MODIFY));
      followed.put(folder, entry);
    }
    entry.readers++;
    return entry.pulse;
  }

  synchronized void release(Path folder) {
    Followed entry = followed.get(folder);
    if (entry != null && --entry.readers == 0) {
      entry.key.cancel();
      followed.remove(folder);
    }
  }

  /** Wakes the readers of {@code folder} to look again, for example since the instance ended. */
  public synchronized void strike(Path folder) {
    Followed entry = followed.get(folder);
    if (entry != null) {
      entry.pulse.strike();
    }
  }

  private WatchService service() throws IOException {
    if (service.isEmpty()) {
      WatchService made = Path.of("/").getFileSystem().newWatchService();
      service = Optional.of(made);
      Thread.ofPlatform().daemon().name("abode-log-watch").start(() -> watch(made));
    }
    return service.get();
  }

  private void watch(WatchService from) {
    try {
      while (true) {
        WatchKey key = from.take();
        key.pollEvents();
        key.reset();
        if (key.watchable() instanceof Path folder) {
          strike(folder);
        }
      }
    } catch (ClosedWatchServiceException e) {
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    Optional<WatchService> open;
    synchronized (this) {
      closed = true;
      followed.values().forEach(entry -> entry.pulse.strike());
      open = service;
    }
    if (open.isPresent()) {
      open.get().close();
    }
  }
}
