package dev.abode.engine;

import dev.abode.engine.instance.LogLine;
import dev.abode.init.Shim;
import dev.abode.init.ShimEvent;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A client of the streams of one run. Made before the run, it waits for it; {@link #connect} or
 * {@link #abandon} ends the waiting.
 */
final class ShimAttachment implements Attachment {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition decided = lock.newCondition();
  private final Set<Shim.Stream> streams;
  private Optional<Shim> shim = Optional.empty();
  private boolean over;

  /** Waits for its run. */
  ShimAttachment(Set<Shim.Stream> streams) {
    this.streams = Set.copyOf(streams);
  }

  Set<Shim.Stream> streams() {
    return streams;
  }

  /** The run has come: everything it writes from now on arrives. */
  void connect(Shim connection) throws IOException {
    lock.lock();
    try {
      if (over) {
        connection.close();
      } else {
        shim = Optional.of(connection);
        decided.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** There will be no run. */
  void abandon() {
    lock.lock();
    try {
      over = true;
      decided.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private Optional<Shim> connection() throws IOException {
    lock.lock();
    try {
      while (shim.isEmpty() && !over) {
        decided.await();
      }
      return shim;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while attached to an instance");
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<LogLine> read() throws IOException {
    Optional<Shim> connection = connection();
    if (connection.isEmpty()) {
      return Optional.empty();
    }
    while (true) {
      switch (connection.get().next()) {
        case ShimEvent.Output output -> {
          return Optional.of(
              new LogLine(
                  Instant.ofEpochSecond(0, output.timeNanos()), output.stream(), output.bytes()));
        }
        case ShimEvent.Gone gone -> {
          return Optional.empty();
        }
        case ShimEvent.Waiting waiting -> {}
        case ShimEvent.Booting booting -> {}
        case ShimEvent.Ready ready -> {}
        case ShimEvent.Answer answer -> {}
        case ShimEvent.Created created -> {}
        case ShimEvent.Started started -> {}
        case ShimEvent.Failed failed -> {}
        case ShimEvent.Exited exited -> {}
      }
    }
  }

  @Override
  public void write(ByteBuffer bytes) throws IOException {
    Optional<Shim> connection = connection();
    if (connection.isPresent()) {
      connection.get().input(bytes);
    }
  }

  @Override
  public void endInput() throws IOException {
    Optional<Shim> connection = connection();
    if (connection.isPresent()) {
      connection.get().endInput();
    }
  }

  @Override
  public void close() throws IOException {
    abandon();
    Optional<Shim> connection;
    lock.lock();
    try {
      connection = shim;
    } finally {
      lock.unlock();
    }
    if (connection.isPresent()) {
      connection.get().close();
    }
  }
}
