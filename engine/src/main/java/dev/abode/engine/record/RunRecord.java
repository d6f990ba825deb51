package dev.abode.engine.record;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What one run of an instance was given; written before its shim is spawned, so that whatever the
 * shim brings into being can be found and taken away again.
 *
 * @param format of this document, {@value #FORMAT} today
 * @param id of the instance
 * @param firstId first of the 65,536 host ids its user namespace maps, 0 when it has none
 */
public record RunRecord(int format, String id, long firstId) {
  public static final int FORMAT = 1;

  static final RunRecord TEMPLATE = new RunRecord(FORMAT, "", 0);

  /** Reads the record of a run. */
  public static RunRecord read(Path file) throws IOException {
    return RecordJson.read(Files.readAllBytes(file), TEMPLATE);
  }

  /**
   * Writes the record of a run, once and before anything else of it exists: an engine that finds
   * half of one has nothing to take away.
   */
  public void write(Path file) throws IOException {
    Files.write(file, RecordJson.write(this));
  }
}
