package dev.abode.engine;

import dev.abode.engine.record.RunFolderOf;
import dev.abode.init.Shim;
import dev.abode.init.ShimEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection to a shim that an earlier engine left, for the time of a decision. */
final class ShimAdoption implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(ShimAdoption.class);

  /** How long a shim that was launching when its engine died may take to come to a decision. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private Optional<Shim> shim = Optional.empty();

  ShimAdoption(RunFolderOf folder) {
    try {
      shim = Optional.of(Shim.connect(folder.socket()));
    } catch (IOException e) {
      LOGGER.debug("no supervisor listens at {}", folder.socket(), e);
    }
  }

  /**
   * What the shim has come to. One that was launching is given a while; one that was told nothing
   * ends by itself, as its engine is gone.
   */
  Optional<ShimEvent> settled() {
    if (shim.isEmpty()) {
      return Optional.empty();
    }
    List<ShimEvent> events = Collections.synchronizedList(new ArrayList<>());
    Thread reader = Thread.ofVirtual().start(() -> read(shim.get(), events));
    try {
      reader.join(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return events.isEmpty() ? Optional.empty() : Optional.of(events.getLast());
  }

  private static void read(Shim shim, List<ShimEvent> events) {
    try {
      while (true) {
        ShimEvent event = shim.next();
        switch (event) {
          case ShimEvent.Waiting waiting -> {}
          case ShimEvent.Booting booting -> {}
          case ShimEvent.Ready ready -> {}
          case ShimEvent.Answer answer -> {}
          case ShimEvent.Output output -> {}
          case ShimEvent.Created created -> {
            return;
          }
          case ShimEvent.Started started -> {
            events.add(event);
            return;
          }
          case ShimEvent.Failed failed -> {
            return;
          }
          case ShimEvent.Exited exited -> {
            events.add(event);
            return;
          }
          case ShimEvent.Gone gone -> {
            return;
          }
        }
      }
    } catch (IOException e) {
      LOGGER.debug("a supervisor ended while it was asked for its state", e);
    }
  }

  /** The connection, which then is the caller's. */
  Shim keep() {
    Shim kept = shim.orElseThrow();
    shim = Optional.empty();
    return kept;
  }

  @Override
  public void close() throws IOException {
    if (shim.isPresent()) {
      shim.get().close();
    }
  }
}
