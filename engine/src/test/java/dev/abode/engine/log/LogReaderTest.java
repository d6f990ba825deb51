package dev.abode.engine.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.LogLine;
import dev.abode.engine.instance.LogQuery;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogReaderTest {
  @TempDir Path folder;
  private final LogWatch watch = new LogWatch();

  @AfterEach
  void closeWatch() throws IOException {
    watch.close();
  }

  /** Writes as the shim does. */
  private static final class Writer {
    private final Path file;
    private final long maxBytes;
    private final int maxFiles;
    private long time = 1_000_000_000L;

    Writer(Path file, long maxBytes, int maxFiles) {
      this.file = file;
      this.maxBytes = maxBytes;
      this.maxFiles = maxFiles;
    }

    void write(int stream, String text) throws IOException {
      byte[] bytes = text.getBytes(UTF_8);
      ByteBuffer frame = ByteBuffer.allocate(16 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
      frame.putInt(bytes.length).put((byte) 1).put((byte) stream).putShort((short) 0);
      frame.putLong(time++).put(bytes).flip();
      if (Files.exists(file)
          && Files.size(file) > 0
          && Files.size(file) + frame.remaining() > maxBytes) {
        rotate();
      }
      append(frame);
    }

    void append(ByteBuffer bytes) throws IOException {
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      }
    }

    private void rotate() throws IOException {
      if (maxFiles == 1) {
        Files.delete(file);
        return;
      }
      for (int age = maxFiles - 1; age > 0; age--) {
        Path from = age == 1 ? file : name(age - 1);
        if (Files.exists(from)) {
          Files.move(from, name(age), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }

    private Path name(int age) {
      return file.resolveSibling(file.getFileName() + "." + age);
    }
  }

  private Writer writer(long maxBytes, int maxFiles) {
    return new Writer(folder.resolve("frames"), maxBytes, maxFiles);
  }

  private static LogQuery query(long tail, boolean follow) {
    return new LogQuery(true, true, tail, Optional.empty(), Optional.empty(), follow);
  }

  private LogReader open(LogQuery query, boolean terminal) throws IOException {
    return new LogReader(folder.resolve("frames"), query, terminal, () -> false, watch);
  }

  private List<String> read(LogQuery query) throws IOException {
    return read(query, false);
  }

  private List<String> read(LogQuery query, boolean terminal) throws IOException {
    try (LogReader reader = open(query, terminal)) {
      return drain(reader);
    }
  }

  private static List<String> drain(LogReader reader) throws IOException {
    List<String> lines = new ArrayList<>();
    for (Optional<LogLine> line = reader.next(); line.isPresent(); line = reader.next()) {
      lines.add(UTF_8.decode(line.get().bytes()).toString());
    }
    return lines;
  }

  @Test
  void isEmptyWhenNothingWasWritten() throws IOException {
    assertThat(read(query(-1, false))).isEmpty();
    assertThat(read(query(10, false))).isEmpty();
  }

  @Test
  void putsPiecesOfALineTogetherByStream() throws IOException {
    Writer writer = writer(1 << 20, 5);
    writer.write(1, "he");
    writer.write(2, "wo");
    writer.write(1, "llo\nnext\nun");
    writer.write(2, "rld\n");
    writer.write(1, "finished");
    assertThat(read(query(-1, false)))
        .containsExactly("hello\n", "next\n", "world\n", "unfinished");
  }

  @Test
  void cutsLinesThatAreTooLong() throws IOException {
    Writer writer = writer(1 << 20, 5);
    writer.write(1, "a".repeat(65_536));
    writer.write(1, "b\n");
    assertThat(read(query(-1, false))).containsExactly("a".repeat(65_536), "b\n");
  }

  @Test
  void givesATerminalsOutputAtOnce() throws IOException {
    Writer writer = writer(1 << 20, 5);
    writer.write(1, "one\r\n$ ");
    writer.write(1, "two");
    assertThat(read(query(-1, false), true)).containsExactly("one\r\n", "$ ", "two");
    assertThat(read(query(0, false), true)).containsExactly("$ ", "two");
  }

  @Test
  void choosesStreamsAndTimes() throws IOException {
    Writer writer = writer(1 << 20, 5);
    for (int i = 0; i < 6; i++) {
      writer.write(1 + i % 2, i + "\n");
    }
    Instant third = Instant.ofEpochSecond(0, 1_000_000_002L);
    Instant fourth = Instant.ofEpochSecond(0, 1_000_000_003L);
    assertThat(read(new LogQuery(true, false, -1, Optional.empty(), Optional.empty(), false)))
        .containsExactly("0\n", "2\n", "4\n");
    assertThat(read(new LogQuery(true, true, -1, Optional.of(third), Optional.of(fourth), false)))
        .containsExactly("2\n", "3\n");
    assertThat(read(new LogQuery(true, true, 1, Optional.empty(), Optional.of(fourth), false)))
        .containsExactly("3\n");
  }

  @Test
  void skipsWhatAKilledShimLeftOfAFrame() throws IOException {
    Writer writer = writer(1 << 20, 5);
    writer.write(1, "before\n");
    writer.append(ByteBuffer.wrap(new byte[] {40, 0, 0, 0, 1, 1, 0, 0, 9}));
    assertThat(read(query(-1, false))).containsExactly("before\n");
  }

  @Test
  void readsAnyTailOfAnyRotation() throws IOException {
    Random random = new Random(42);
    for (int round = 0; round < 60; round++) {
      try (var old = Files.list(folder)) {
        for (Path file : old.toList()) {
          Files.delete(file);
        }
      }
      Writer writer = writer(300 + random.nextInt(2000), 1 + random.nextInt(5));
      int lines = random.nextInt(300);
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < lines; i++) {
        text.append("line ").append(i).append('\n');
      }
      for (int at = 0; at < text.length(); ) {
        int end = Math.min(text.length(), at + 1 + random.nextInt(40));
        writer.write(1, text.substring(at, end));
        at = end;
      }
      List<String> all = read(query(-1, false));
      List<String> whole = all.isEmpty() ? all : all.subList(1, all.size());
      if (!all.isEmpty()) {
        assertThat(all.getLast()).isEqualTo("line " + (lines - 1) + "\n");
      }
      for (int i = 0; i < whole.size(); i++) {
        assertThat(whole.get(i)).isEqualTo("line " + (lines - whole.size() + i) + "\n");
      }
      int wanted = random.nextInt(lines + 2);
      List<String> tail = read(query(wanted, false));
      assertThat(tail).isEqualTo(all.subList(Math.max(0, all.size() - wanted), all.size()));
    }
  }

  @Test
  void followsWithoutLossThroughRotations() throws Exception {
    int lines = 2000;
    Writer writer = writer(4096, 50);
    writer.write(1, "line 0\n");
    AtomicBoolean ended = new AtomicBoolean();
    try (LogReader reader =
        new LogReader(folder.resolve("frames"), query(-1, true), false, ended::get, watch)) {
      Thread writing =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      for (int i = 1; i < lines; i++) {
                        writer.write(1, "line " + i + "\n");
                      }
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                    ended.set(true);
                    watch.strike(folder);
                  });
      List<String> seen = drain(reader);
      writing.join();
      assertThat(seen.size()).isEqualTo(lines);
      assertThat(seen).doesNotHaveDuplicates();
      assertThat(seen.getLast()).isEqualTo("line " + (lines - 1) + "\n");
    }
  }

  @Test
  void endsAFollowAtItsTime() throws IOException {
    Writer writer = writer(1 << 20, 5);
    writer.write(1, "now\n");
    LogQuery query =
        new LogQuery(
            true, true, -1, Optional.empty(), Optional.of(Instant.now().plusMillis(50)), true);
    assertThat(read(query)).containsExactly("now\n");
  }
}
