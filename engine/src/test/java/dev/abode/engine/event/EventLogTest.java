package dev.abode.engine.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.Event;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventLogTest {
  @TempDir Path folder;

  private static List<Event> all(EventLog log) throws InterruptedException {
    return all(log, Instant.EPOCH);
  }

  private static List<Event> all(EventLog log, Instant since) throws InterruptedException {
    List<Event> events = new ArrayList<>();
    try (EventLog.Reader reader =
        log.read(Optional.of(since), Optional.of(Instant.now().plusSeconds(1)))) {
      for (Optional<Event> event = reader.next(); event.isPresent(); event = reader.next()) {
        events.add(event.get());
      }
    }
    return events;
  }

  @Test
  void remembersAcrossEnginesAndHalfALine() throws Exception {
    Event first;
    try (EventLog log = EventLog.open(folder)) {
      first = log.publish("container", "create", "x", Map.of("name", "n"));
    }
    Files.writeString(folder.resolve("events"), "{\"time\":\"20", StandardOpenOption.APPEND);
    try (EventLog log = EventLog.open(folder)) {
      Event second = log.publish("container", "start", "x", Map.of());
      assertThat(all(log)).containsExactly(first, second);
    }
    try (EventLog log = EventLog.open(folder)) {
      assertThat(all(log)).extracting(Event::action).contains("create");
    }
  }

  @Test
  void givesEachEventATimeOfItsOwn() throws Exception {
    try (EventLog log = EventLog.open(folder)) {
      List<Event> published = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        published.add(log.publish("container", "a" + i, "x", Map.of()));
      }
      assertThat(published).extracting(Event::time).doesNotHaveDuplicates().isSorted();
      assertThat(all(log, published.get(500).time())).isEqualTo(published.subList(500, 1000));
    }
  }

  @Test
  void keepsTheLatestOnly() throws Exception {
    try (EventLog log = EventLog.open(folder)) {
      for (int i = 0; i < 3 * EventLog.KEPT; i++) {
        log.publish("container", "action", "x".repeat(64), Map.of("label", "y".repeat(200)));
      }
      assertThat(all(log)).hasSize(EventLog.KEPT);
    }
    long bytes = 0;
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        bytes += Files.size(file);
      }
    }
    assertThat(bytes).isLessThan(3 << 20);
  }

  @Test
  void wakesWhoeverWaits() throws Exception {
    try (EventLog log = EventLog.open(folder);
        EventLog.Reader reader = log.read(Optional.empty(), Optional.empty())) {
      Thread publisher =
          Thread.ofVirtual().start(() -> log.publish("container", "start", "x", Map.of()));
      assertThat(reader.next().orElseThrow().action()).isEqualTo("start");
      publisher.join();
      Thread closer = Thread.ofVirtual().start(reader::close);
      assertThat(reader.next()).isEmpty();
      closer.join();
    }
  }
}
