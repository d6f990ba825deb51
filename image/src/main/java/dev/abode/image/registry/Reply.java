package dev.abode.image.registry;

import dev.abode.image.ImageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * An answer whose body is still to be read. Reading fails with {@link ConnectionFailure} also when
 * nothing comes for the idle time; an answer is used by one thread.
 */
final class Reply implements AutoCloseable {
  private final HttpResponse<InputStream> response;
  private final Duration idle;
  private final AtomicLong received = new AtomicLong();
  private volatile boolean stalled;
  private @Nullable Thread watch;

  Reply(HttpResponse<InputStream> response, Duration idle) {
    this.response = response;
    this.idle = idle;
  }

  int status() {
    return response.statusCode();
  }

  /** Where the answer came from. */
  URI uri() {
    return response.uri();
  }

  Optional<String> header(String name) {
    return response.headers().firstValue(name);
  }

  List<String> headers(String name) {
    return response.headers().allValues(name);
  }

  /** {@code Content-Length}, if it is there and a number. */
  Optional<Long> length() {
    return header("Content-Length")
        .filter(text -> text.matches("[0-9]{1,18}"))
        .map(Long::parseLong);
  }

  /** {@code Content-Type} without parameters; empty if none. */
  String mediaType() {
    String type = header("Content-Type").orElse("");
    int parameters = type.indexOf(';');
    return (parameters < 0 ? type : type.substring(0, parameters)).strip();
  }

  /** Reads some bytes; -1 at the end. */
  int read(byte[] into) throws ConnectionFailure {
    beginWatch();
    try {
      int count = response.body().read(into);
      received.addAndGet(Math.max(count, 0));
      return count;
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw Transport.interrupted(e);
      }
      throw ConnectionFailure.broken(
          stalled
              ? "nothing came from " + Endpoint.authority(uri()) + " for " + idle.toSeconds() + " s"
              : "the connection to " + Endpoint.authority(uri()) + " broke: " + words(e),
          e);
    }
  }

  /**
   * The whole body.
   *
   * @throws ImageException of kind EXHAUSTED if it is longer than {@code maxBytes}
   */
  byte[] document(int maxBytes) throws ConnectionFailure {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] buffer = new byte[16 * 1024];
    for (int count = read(buffer); count >= 0; count = read(buffer)) {
      all.write(buffer, 0, count);
      if (all.size() > maxBytes) {
        throw new ImageException(
            ImageException.Kind.EXHAUSTED,
            "the answer of "
                + uri()
                + " has more than "
                + maxBytes
                + " bytes, which no honest one has; it was not read to its end");
      }
    }
    return all.toByteArray();
  }

  /** A silent peer never ends a read by itself: the connection has no idle time of its own. */
  private void beginWatch() {
    if (watch == null) {
      watch = Thread.ofVirtual().name("registry-idle").start(this::watchForSilence);
    }
  }

  private void watchForSilence() {
    try {
      for (long seen = -1; seen != received.get(); ) {
        seen = received.get();
        Thread.sleep(idle);
      }
      stalled = true;
      response.body().close();
    } catch (InterruptedException | IOException e) {
      // Interrupted: the answer was closed. Not closable: its reader finds out by itself.
      return;
    }
  }

  /** What an exception says, or its name if it says nothing. */
  static String words(Throwable e) {
    String message = e.getMessage();
    return message == null || message.isBlank() ? e.getClass().getSimpleName() : message;
  }

  @Override
  public void close() {
    if (watch != null) {
      watch.interrupt();
    }
    try {
      response.body().close();
    } catch (IOException e) {
      // Nothing more is wanted of this connection, so how it ends is nobody's concern.
      return;
    }
  }
}
