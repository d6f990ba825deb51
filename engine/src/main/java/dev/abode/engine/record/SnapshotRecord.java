package dev.abode.engine.record;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * A snapshot of an instance; {@code snapshot.json} in its folder, which is written last.
 *
 * @param format of this document, {@value #FORMAT} today
 * @param definition the instance as it was defined
 */
public record SnapshotRecord(
    int format, Instant created, boolean running, Duration stoodStill, InstanceRecord definition) {
  public static final int FORMAT = 1;
  private static final String FILE = "snapshot.json";

  private static final SnapshotRecord TEMPLATE =
      new SnapshotRecord(FORMAT, Instant.EPOCH, false, Duration.ZERO, InstanceRecord.TEMPLATE);

  /** Reads the record of the snapshot in {@code folder}. */
  public static SnapshotRecord read(Path folder) throws IOException {
    return RecordJson.read(Files.readAllBytes(folder.resolve(FILE)), TEMPLATE);
  }

  public void write(Path folder) throws IOException {
    AtomicFile.replaceDurably(folder.resolve(FILE), RecordJson.write(this));
  }
}
