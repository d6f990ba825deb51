package dev.abode.engine.record;

import dev.abode.engine.instance.InstanceStatus;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where an instance was in its life when that last changed. {@code life.json}; replaced without
 * {@code fsync}, since a machine that loses it has lost the workload as well.
 *
 * @param format of this document, {@value #FORMAT} today
 * @param exitCode of the last run, as a shell gives it
 * @param error why the last start failed, empty if it did not
 * @param restartCount how often the restart policy started it
 * @param stoppedByUser whether a user ended it, which {@code unless-stopped} respects
 * @param signal that ended the last run, 0 when it exited by itself
 * @param memoryPeakBytes the most memory the last run used, known only when it lacked memory
 */
public record LifeRecord(
    int format,
    InstanceStatus status,
    int exitCode,
    boolean oomKilled,
    String error,
    Optional<Instant> startedAt,
    Optional<Instant> finishedAt,
    int restartCount,
    boolean stoppedByUser,
    int signal,
    OptionalLong memoryPeakBytes) {
  public static final int FORMAT = 1;

  /** Before the first start. */
  public static final LifeRecord CREATED =
      new LifeRecord(
          FORMAT,
          InstanceStatus.CREATED,
          0,
          false,
          "",
          Optional.empty(),
          Optional.empty(),
          0,
          false,
          0,
          OptionalLong.empty());
}
