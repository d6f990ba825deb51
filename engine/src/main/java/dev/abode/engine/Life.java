package dev.abode.engine;

import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.record.LifeRecord;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** Makes a {@link LifeRecord} that differs from another in some components. */
final class Life {
  private InstanceStatus status;
  private int exitCode;
  private boolean oomKilled;
  private String error;
  private Optional<Instant> startedAt;
  private Optional<Instant> finishedAt;
  private int restartCount;
  private boolean stoppedByUser;
  private int signal;
  private OptionalLong memoryPeakBytes;

  private Life(LifeRecord life) {
    this.status = life.status();
    this.exitCode = life.exitCode();
    this.oomKilled = life.oomKilled();
    this.error = life.error();
    this.startedAt = life.startedAt();
    this.finishedAt = life.finishedAt();
    this.restartCount = life.restartCount();
    this.stoppedByUser = life.stoppedByUser();
    this.signal = life.signal();
    this.memoryPeakBytes = life.memoryPeakBytes();
  }

  static Life with(LifeRecord life) {
    return new Life(life);
  }

  Life status(InstanceStatus next) {
    status = next;
    return this;
  }

  Life exitCode(int next) {
    exitCode = next;
    return this;
  }

  Life oomKilled(boolean next) {
    oomKilled = next;
    return this;
  }

  Life error(String next) {
    error = next;
    return this;
  }

  Life startedAt(Optional<Instant> next) {
    startedAt = next;
    return this;
  }

  Life finishedAt(Optional<Instant> next) {
    finishedAt = next;
    return this;
  }

  Life restartCount(int next) {
    restartCount = next;
    return this;
  }

  Life stoppedByUser(boolean next) {
    stoppedByUser = next;
    return this;
  }

  Life signal(int next) {
    signal = next;
    return this;
  }

  Life memoryPeakBytes(OptionalLong next) {
    memoryPeakBytes = next;
    return this;
  }

  LifeRecord build() {
    return new LifeRecord(
        LifeRecord.FORMAT,
        status,
        exitCode,
        oomKilled,
        error,
        startedAt,
        finishedAt,
        restartCount,
        stoppedByUser,
        signal,
        memoryPeakBytes);
  }
}
