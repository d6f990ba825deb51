package dev.abode.engine.log;

import dev.abode.engine.instance.LogLine;
import dev.abode.engine.instance.LogQuery;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Reads a log while the shim may be writing and rotating it. Not safe for several threads, but for
 * {@link #close}.
 *
 * <p>The parts are {@code file}, older {@code file.1}, older {@code file.2} and so on. A part is
 * held open while it is read. When it is at its end and {@code file} is another one by now, the
 * part was rotated: what was written meanwhile is read, and then the part that is one younger,
 * found by inode and not by name, since names move.
 */
public final class LogReader implements AutoCloseable {
  /** How much earlier than the clock the kernel may date a write. */
  private static final Duration COARSE_CLOCK = Duration.ofSeconds(1);

  private final Path file;
  private final Path folder;
  private final LogQuery query;
  private final boolean terminal;
  private final BooleanSupplier ended;
  private final LogWatch watch;
  private final Pulse pulse;
  private final Deque<LogPart> younger = new ArrayDeque<>();
  private final LineAssembler lines;

  /** Held while the files are read, so that closing waits for that, and not for the pulse. */
  private final ReentrantLock files = new ReentrantLock();

  private Optional<LogPart> part = Optional.empty();
  private boolean finished;
  private volatile boolean closed;

  /**
   * Opens a log.
   *
   * @param file the current part; need not exist
   * @param terminal whether a terminal wrote it
   * @param ended whether nothing more will be written; asked while following
   */
  public LogReader(
      Path file, LogQuery query, boolean terminal, BooleanSupplier ended, LogWatch watch)
      throws IOException {
    this.file = file;
    this.folder = Objects.requireNonNull(file.getParent(), "a log is in a folder");
    this.query = query;
    this.terminal = terminal;
    this.ended = ended;
    this.watch = watch;
    this.lines = new LineAssembler(terminal);
    this.pulse = query.follow() ? watch.acquire(folder) : new Pulse();
    try {
      if (query.tail() >= 0) {
        seekTail(query.tail());
      } else {
        part = oldest();
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** The next line; empty at the end. Waits when following. */
  public Optional<LogLine> next() throws IOException {
    while (true) {
      long seen = pulse.beat();
      boolean last = !query.follow() || closed || ended.getAsBoolean() || isPastUntil();
      Optional<LogLine> line = wantedLine(last);
      if (line.isPresent() || last) {
        return line;
      }
      try {
        pulse.await(seen, query.until());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while following the log " + file);
      }
    }
  }

  private boolean isPastUntil() {
    return query.until().isPresent() && Instant.now().isAfter(query.until().get());
  }

  private Optional<LogLine> wantedLine(boolean last) throws IOException {
    files.lock();
    try {
      return wantedLineLocked(last);
    } finally {
      files.unlock();
    }
  }

  private Optional<LogLine> wantedLineLocked(boolean last) throws IOException {
    while (!closed) {
      Optional<LogLine> line = anyLine(last);
      if (line.isEmpty()) {
        return line;
      }
      if (query.until().isPresent() && line.get().time().isAfter(query.until().get())) {
        finished = true;
        return Optional.empty();
      }
      if (isWanted(line.get())) {
        return line;
      }
    }
    return Optional.empty();
  }

  private boolean isWanted(LogLine line) {
    boolean streamWanted = line.stream() == 1 ? query.stdout() : query.stderr();
    return streamWanted
        && (query.since().isEmpty() || !line.time().isBefore(query.since().get()))
        && (query.until().isEmpty() || !line.time().isAfter(query.until().get()));
  }

  private Optional<LogLine> anyLine(boolean last) throws IOException {
    while (!finished) {
      Optional<LogLine> line = lines.poll();
      if (line.isPresent()) {
        return line;
      }
      Optional<LogPart.Piece> piece = piece();
      if (piece.isPresent()) {
        lines.add(piece.get());
      } else if (last) {
        lines.finish();
        finished = true;
      } else {
        return Optional.empty();
      }
    }
    return lines.poll();
  }

  /** The next piece of any part; empty when there is none yet. */
  private Optional<LogPart.Piece> piece() throws IOException {
    while (true) {
      if (part.isEmpty()) {
        part = oldest();
        if (part.isEmpty()) {
          return Optional.empty();
        }
      }
      LogPart current = part.get();
      Optional<LogPart.Piece> piece = current.next();
      if (piece.isPresent() || LogPart.keyOf(file).equals(Optional.of(current.key()))) {
        return piece;
      }
      // The name has moved on, so nothing is added to this part any more: one last look into it.
      piece = current.next();
      if (piece.isPresent()) {
        return piece;
      }
      Optional<LogPart> next =
          younger.isEmpty() ? youngerThan(current) : Optional.of(younger.pop());
      if (next.isEmpty()) {
        return Optional.empty();
      }
      current.close();
      part = next;
    }
  }

  private Path name(int age) {
    return age == 0 ? file : file.resolveSibling(file.getFileName() + "." + age);
  }

  /**
   * Which part has which name, by age; empty where there is none. Names move while a rotation goes
   * on, so it counts when two looks have seen the same.
   */
  private List<Optional<Object>> names() throws IOException {
    List<Optional<Object>> before = look();
    while (true) {
      List<Optional<Object>> after = look();
      if (after.equals(before)) {
        return after;
      }
      before = after;
    }
  }

  /** A rotation leaves one gap at most, which ends up at the youngest part. */
  private List<Optional<Object>> look() throws IOException {
    List<Optional<Object>> keys = new ArrayList<>();
    Optional<Object> key = LogPart.keyOf(name(0));
    Optional<Object> older = LogPart.keyOf(name(1));
    while (key.isPresent() || older.isPresent()) {
      keys.add(key);
      key = older;
      older = LogPart.keyOf(name(keys.size() + 1));
    }
    return keys;
  }

  private Optional<LogPart> oldest() throws IOException {
    while (true) {
      List<Optional<Object>> names = names();
      Optional<LogPart> found = youngest(names, names.size() - 1, query.since());
      if (found.isPresent() || names.isEmpty()) {
        return found;
      }
    }
  }

  /**
   * Opens the part of age {@code oldest}, or the next younger one if there is none or it ends
   * before {@code since}; empty when the names have changed since they were looked at.
   */
  private Optional<LogPart> youngest(
      List<Optional<Object>> names, int oldest, Optional<Instant> since) throws IOException {
    for (int age = oldest; age >= 0; age--) {
      if (names.get(age).isEmpty()) {
        continue;
      }
      Optional<LogPart> candidate = LogPart.open(name(age));
      if (candidate.isEmpty()) {
        return candidate;
      }
      boolean renamed = !names.get(age).equals(Optional.of(candidate.get().key()));
      if (!renamed && (age == 0 || !endsBefore(candidate.get(), since))) {
        return candidate;
      }
      candidate.get().close();
      if (renamed) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  private static boolean endsBefore(LogPart part, Optional<Instant> since) {
    return since.isPresent() && part.modified().plus(COARSE_CLOCK).isBefore(since.get());
  }

  /** The part that follows {@code current}; the oldest one when that was already deleted. */
  private Optional<LogPart> youngerThan(LogPart current) throws IOException {
    while (true) {
      List<Optional<Object>> names = names();
      int age = names.indexOf(Optional.of(current.key()));
      int oldestYounger = age < 0 ? names.size() - 1 : age - 1;
      if (names.stream().limit(oldestYounger + 1L).allMatch(Optional::isEmpty)) {
        // The next part has not been begun yet.
        return Optional.empty();
      }
      Optional<LogPart> found = youngest(names, oldestYounger, Optional.empty());
      if (found.isPresent()) {
        return found;
      }
    }
  }

  // ---- the last lines

  /**
   * Goes to where the last {@code wanted} lines begin, reading no more parts than they are in. Two
   * lines more are asked for, since the first line of either stream in a part may have begun in the
   * part before.
   */
  private void seekTail(long wanted) throws IOException {
    long counted = 0;
    Deque<LogPart> parts = new ArrayDeque<>();
    // A rotation meanwhile makes everything one older, so one name more is looked at.
    int total = names().size() + 1;
    for (int age = 0; age < total && counted < wanted + 2; age++) {
      Optional<LogPart> opened = LogPart.open(name(age));
      if (opened.isEmpty()) {
        continue;
      }
      LogPart candidate = opened.get();
      if (parts.stream().anyMatch(p -> p.key().equals(candidate.key()))) {
        candidate.close();
        continue;
      }
      parts.push(candidate);
      counted += countLines(candidate, age == 0);
      candidate.rewind();
    }
    long toSkip = Math.max(0, counted - wanted);
    if (!parts.isEmpty()) {
      part = Optional.of(parts.pop());
      younger.addAll(parts);
    }
    skipLines(toSkip);
  }

  private long countLines(LogPart candidate, boolean newest) throws IOException {
    LineAssembler counter = new LineAssembler(terminal);
    long count = 0;
    for (Optional<LogPart.Piece> piece = candidate.next();
        piece.isPresent();
        piece = candidate.next()) {
      counter.add(piece.get());
      count += drain(counter);
    }
    if (newest && !query.follow()) {
      counter.finish();
      count += drain(counter);
    }
    return count;
  }

  private long drain(LineAssembler from) {
    long count = 0;
    for (Optional<LogLine> line = from.poll(); line.isPresent(); line = from.poll()) {
      if (isWanted(line.get()) && endsLine(line.get())) {
        count++;
      }
    }
    return count;
  }

  /** A part of a line that a terminal wrote does not count as one. */
  private boolean endsLine(LogLine line) {
    return !terminal || line.bytes().get(line.bytes().limit() - 1) == '\n';
  }

  private void skipLines(long count) throws IOException {
    long left = count;
    while (left > 0) {
      Optional<LogLine> line = anyLine(false);
      if (line.isEmpty()) {
        return;
      }
      if (isWanted(line.get()) && endsLine(line.get())) {
        left--;
      }
    }
  }

  /** Ends a {@link #next} that waits, which then returns the end. */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    pulse.strike();
    if (query.follow()) {
      watch.release(folder);
    }
    files.lock();
    try {
      if (part.isPresent()) {
        part.get().close();
      }
      for (LogPart waiting : younger) {
        waiting.close();
      }
    } finally {
      files.unlock();
    }
  }
}
