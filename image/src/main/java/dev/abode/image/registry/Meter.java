package dev.abode.image.registry;

import dev.abode.image.Digest;
import dev.abode.image.Progress;
import java.time.Duration;

/** Reports of one transfer: the first, the last, and ten a second between. Used by one thread. */
final class Meter {
  private static final long BETWEEN_NANOS = Duration.ofMillis(100).toNanos();

  private final Progress progress;
  private final String subject;
  private final long totalBytes;
  private long lastNanos;
  private boolean silent = true;

  Meter(Progress progress, String subject, long totalBytes) {
    this.progress = progress;
    this.subject = subject;
    this.totalBytes = totalBytes;
  }

  /** Reports a step. */
  void step(String status) {
    progress.report(subject, status, 0, 0);
  }

  /** Reports bytes, if it is time. */
  void count(String status, long currentBytes) {
    long now = System.nanoTime();
    if (silent || currentBytes == totalBytes || now - lastNanos >= BETWEEN_NANOS) {
      silent = false;
      lastNanos = now;
      progress.report(subject, status, currentBytes, totalBytes);
    }
  }

  /** What Docker calls a layer on the screen. */
  static String shortId(Digest digest) {
    return digest.hex().substring(0, 12);
  }
}
