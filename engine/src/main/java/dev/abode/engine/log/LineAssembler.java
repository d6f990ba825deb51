package dev.abode.engine.log;

import dev.abode.engine.instance.LogLine;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Makes lines out of pieces that the shim happened to read, each stream by itself. A line has the
 * time of the piece that ended it, so that times never go back from one line to the next. A line
 * longer than {@value #MAX_LINE_BYTES} bytes is given in parts. A terminal's output is given as
 * soon as it is there, cut at line ends only.
 */
final class LineAssembler {
  static final int MAX_LINE_BYTES = 65_536;

  private final boolean terminal;
  private final Deque<LogLine> ready = new ArrayDeque<>();
  private final ByteArrayOutputStream[] unfinished = {
    new ByteArrayOutputStream(0), new ByteArrayOutputStream(0)
  };
  private final long[] unfinishedTime = new long[2];

  LineAssembler(boolean terminal) {
    this.terminal = terminal;
  }

  void add(LogPart.Piece piece) {
    ByteArrayOutputStream rest = unfinished[piece.stream() - 1];
    byte[] bytes = piece.bytes().array();
    int start = 0;
    // What earlier pieces have of the line; asked for once, since the answer is synchronized.
    int before = rest.size();
    for (int i = 0; i < bytes.length; i++) {
      boolean lineEnds = bytes[i] == '\n';
      if (lineEnds || before + (i + 1 - start) == MAX_LINE_BYTES) {
        rest.write(bytes, start, i + 1 - start);
        emit(piece.stream(), piece.timeNanos(), rest);
        start = i + 1;
        before = 0;
      }
    }
    if (start < bytes.length) {
      rest.write(bytes, start, bytes.length - start);
      unfinishedTime[piece.stream() - 1] = piece.timeNanos();
      if (terminal) {
        emit(piece.stream(), piece.timeNanos(), rest);
      }
    }
  }

  /** The next line that is complete. */
  Optional<LogLine> poll() {
    return Optional.ofNullable(ready.poll());
  }

  /** Gives out what has no line end, since nothing more will come. */
  void finish() {
    for (int stream = 1; stream <= 2; stream++) {
      ByteArrayOutputStream rest = unfinished[stream - 1];
      if (rest.size() > 0) {
        emit(stream, unfinishedTime[stream - 1], rest);
      }
    }
  }

  private void emit(int stream, long timeNanos, ByteArrayOutputStream line) {
    ready.add(
        new LogLine(
            Instant.ofEpochSecond(0, timeNanos), stream, ByteBuffer.wrap(line.toByteArray())));
    line.reset();
  }
}
