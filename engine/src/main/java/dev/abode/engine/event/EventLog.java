package dev.abode.engine.event;

import dev.abode.engine.instance.Event;
import dev.abode.engine.record.RecordJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The latest events, {@value #KEPT} of them in memory and, a document a line, in two files that
 * take turns, so that a new engine knows them too. Times go up from event to event, so that a
 * client that asks for what came since the last time it saw misses nothing and sees nothing twice.
 */
public final class EventLog implements AutoCloseable {
  static final int KEPT = 4096;
  private static final long MAX_FILE_BYTES = 1 << 20;
  private static final Logger LOGGER = LoggerFactory.getLogger(EventLog.class);
  private static final Event TEMPLATE = new Event(Instant.EPOCH, "", "", "", Map.of());

  private final Path current;
  private final Path previous;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition added = lock.newCondition();

  /** The latest events; the first has number {@link #firstNumber}. */
  private final Deque<Event> kept = new ArrayDeque<>();

  private long firstNumber;
  private Instant latest = Instant.EPOCH;
  private FileChannel file;
  private long fileBytes;
  private boolean failing;
  private boolean closed;

  private EventLog(Path folder) throws IOException {
    this.current = folder.resolve("events");
    this.previous = folder.resolve("events.1");
    for (Path part : List.of(previous, current)) {
      if (Files.exists(part)) {
        read(part).forEach(this::keep);
      }
    }
    this.file = openFile();
  }

  /** Opens the log in {@code folder}, which is made if missing, and reads what an engine left. */
  public static EventLog open(Path folder) throws IOException {
    Files.createDirectories(folder);
    return new EventLog(folder);
  }

  private static List<Event> read(Path part) throws IOException {
    List<Event> events = new ArrayList<>();
    for (String line :
        new String(Files.readAllBytes(part), StandardCharsets.UTF_8).split("\n", -1)) {
      if (line.isBlank()) {
        continue;
      }
      try {
        events.add(RecordJson.read(line.getBytes(StandardCharsets.UTF_8), TEMPLATE));
      } catch (IllegalArgumentException e) {
        // Half a line, from an engine that was killed while it wrote. Nobody waits for it.
        LOGGER.debug("an event in {} cannot be read", part, e);
      }
    }
    return events;
  }

  private FileChannel openFile() throws IOException {
    FileChannel opened =
        FileChannel.open(
            current,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.APPEND);
    fileBytes = opened.size();
    return opened;
  }

  /** Makes it known that something happened, now. */
  public Event publish(String type, String action, String actorId, Map<String, String> attributes) {
    lock.lock();
    try {
      Instant now = Instant.now();
      Instant time = now.isAfter(latest) ? now : latest.plusNanos(1);
      Event event = new Event(time, type, action, actorId, attributes);
      keep(event);
      write(event);
      added.signalAll();
      return event;
    } finally {
      lock.unlock();
    }
  }

  private void keep(Event event) {
    kept.addLast(event);
    latest = event.time();
    if (kept.size() > KEPT) {
      kept.removeFirst();
      firstNumber++;
    }
  }

  /** A disk that is full must not keep instances from starting; it is said once. */
  private void write(Event event) {
    if (closed) {
      return;
    }
    try {
      if (fileBytes > MAX_FILE_BYTES) {
        file.close();
        Files.move(current, previous, StandardCopyOption.REPLACE_EXISTING);
        file = openFile();
      }
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      if (failing) {
        line.write('\n');
      }
      line.write(RecordJson.write(event));
      line.write('\n');
      ByteBuffer bytes = ByteBuffer.wrap(line.toByteArray());
      fileBytes += bytes.remaining();
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
      failing = false;
    } catch (IOException e) {
      if (!failing) {
        LOGGER.warn(
            "events are not kept for a later engine: cannot write {}; is the disk full?",
            current,
            e);
      }
      failing = true;
    }
  }

  /**
   * Reads events.
   *
   * @param since from that time on, of those still known; empty: what comes from now on
   * @param until up to that time, which may lie ahead; empty: without end
   */
  public Reader read(Optional<Instant> since, Optional<Instant> until) {
    lock.lock();
    try {
      long next = firstNumber + kept.size();
      if (since.isPresent()) {
        next = firstNumber;
      }
      return new Reader(next, since.orElse(Instant.MIN), until);
    } finally {
      lock.unlock();
    }
  }

  /** A place in the row of events. */
  public final class Reader implements AutoCloseable {
    private final Instant since;
    private final Optional<Instant> until;
    private final Deque<Event> taken = new ArrayDeque<>();
    private long next;
    private boolean ended;

    private Reader(long next, Instant since, Optional<Instant> until) {
      this.next = next;
      this.since = since;
      this.until = until;
    }

    /** The next event; empty at the end. Waits when there is no end yet. */
    public Optional<Event> next() throws InterruptedException {
      lock.lockInterruptibly();
      try {
        while (!ended) {
          Event event = taken.poll();
          if (event == null) {
            take();
            event = taken.poll();
          }
          if (event == null) {
            if (closed || !awaitMore()) {
              return Optional.empty();
            }
          } else if (until.isPresent() && event.time().isAfter(until.get())) {
            return Optional.empty();
          } else if (!event.time().isBefore(since)) {
            return Optional.of(event);
          }
        }
        return Optional.empty();
      } finally {
        lock.unlock();
      }
    }

    /** Copies what came since, so that a slow reader loses nothing it could still have had. */
    private void take() {
      long end = firstNumber + kept.size();
      if (next < end) {
        kept.stream().skip(Math.max(0, next - firstNumber)).forEach(taken::add);
        next = end;
      }
    }

    @SuppressWarnings("WaitNotInLoop") // the loop is in next
    private boolean awaitMore() throws InterruptedException {
      if (until.isEmpty()) {
        added.await();
        return true;
      }
      long nanos = Instant.now().until(until.get(), java.time.temporal.ChronoUnit.NANOS);
      return nanos > 0 && (added.awaitNanos(nanos) > 0 || next < firstNumber + kept.size());
    }

    /** Ends a {@link #next} that waits. */
    @Override
    public void close() {
      lock.lock();
      try {
        ended = true;
        added.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      added.signalAll();
      file.close();
    } finally {
      lock.unlock();
    }
  }
}
