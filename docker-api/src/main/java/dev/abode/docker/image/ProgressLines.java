package dev.abode.docker.image;

import dev.abode.docker.failure.Failure;
import dev.abode.docker.http.Exchange;
import dev.abode.docker.json.JsonDocument;
import dev.abode.image.Progress;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Progress as a stream of JSON documents, one a line. The answer begins with the first line, so
 * that something that fails before it is answered with a proper status; what fails later is told in
 * a last line.
 */
final class ProgressLines implements Progress {
  /** How often a moving bar is worth a line, in nanoseconds. */
  private static final long BAR_PERIOD_NANOS = 100_000_000;

  private static final int BAR_WIDTH = 50;

  private final Exchange exchange;

  /** Lines come from several threads at once. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<String, String> lastStatus = new HashMap<>();
  private final Map<String, Long> lastBarNanos = new HashMap<>();
  private Optional<OutputStream> answer = Optional.empty();

  /** Something that reports progress and may fail. */
  @FunctionalInterface
  interface Work {
    void run() throws IOException;
  }

  ProgressLines(Exchange exchange) {
    this.exchange = exchange;
  }

  /** Does the work; a failure after the first line becomes the last line. */
  void during(Work work) throws IOException {
    try {
      work.run();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (RuntimeException e) {
      if (answer.isEmpty()) {
        throw e;
      }
      Failure failure = Failure.of(e);
      line(
          new JsonDocument()
              .with(
                  "errorDetail",
                  new JsonDocument()
                      .with("code", failure.status())
                      .with("message", failure.message()))
              .with("error", failure.message()));
    }
  }

  @Override
  public void report(String subject, String status, long currentBytes, long totalBytes) {
    if (!isNews(subject, status, currentBytes, totalBytes)) {
      return;
    }
    JsonDocument line = new JsonDocument().with("status", status);
    if (totalBytes > 0) {
      line.with(
              "progressDetail",
              new JsonDocument().with("current", currentBytes).with("total", totalBytes))
          .with("progress", bar(currentBytes, totalBytes));
    } else if (!subject.isEmpty()) {
      line.with("progressDetail", Map.of());
    }
    line.withIfAny("id", subject);
    try {
      line(line);
    } catch (IOException e) {
      // The client has left: what reports progress shall end as well.
      throw new UncheckedIOException(e);
    }
  }

  private boolean isNews(String subject, String status, long current, long total) {
    if (total <= 0 || current >= total) {
      return true;
    }
    lock.lock();
    try {
      long now = System.nanoTime();
      boolean other = !status.equals(lastStatus.put(subject, status));
      long last = lastBarNanos.getOrDefault(subject, now - BAR_PERIOD_NANOS);
      boolean due = other || now - last >= BAR_PERIOD_NANOS;
      if (due) {
        lastBarNanos.put(subject, now);
      }
      return due;
    } finally {
      lock.unlock();
    }
  }

  /** Writes one line at once. */
  void line(JsonDocument line) throws IOException {
    lock.lock();
    try {
      OutputStream open = answer.orElseGet(() -> exchange.stream(200, "application/json"));
      answer = Optional.of(open);
      write(open, line);
      open.flush();
    } finally {
      lock.unlock();
    }
  }

  private static void write(OutputStream answer, JsonDocument line) throws IOException {
    answer.write(line.bytes());
    answer.write('\r');
    answer.write('\n');
  }

  /** The bar for clients that draw none themselves. */
  private static String bar(long current, long total) {
    int done = (int) Math.min(BAR_WIDTH, current * BAR_WIDTH / total);
    String head = done < BAR_WIDTH ? ">" : "";
    return "["
        + "=".repeat(done)
        + head
        + " ".repeat(BAR_WIDTH - done - head.length())
        + "]  "
        + decimal(current)
        + "/"
        + decimal(total);
  }

  /** Four digits and a decimal unit, as Docker's go-units. */
  private static String decimal(long bytes) {
    String[] units = {"B", "kB", "MB", "GB", "TB"};
    double value = bytes;
    int unit = 0;
    while (value >= 1000 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return unit == 0 ? bytes + "B" : String.format(Locale.ROOT, "%.4g", value) + units[unit];
  }
}
