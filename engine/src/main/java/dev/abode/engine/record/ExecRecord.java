package dev.abode.engine.record;

import dev.abode.engine.instance.ExecSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An exec session that was started, for the engine that comes after. Beside its socket in the run
 * folder, since a reboot ends it.
 *
 * @param format of this document, {@value #FORMAT} today
 */
public record ExecRecord(int format, String id, ExecSpec spec) {
  public static final int FORMAT = 1;

  static final ExecRecord TEMPLATE = new ExecRecord(FORMAT, "", ExecSpec.of());

  /** Reads the record of a session. */
  public static ExecRecord read(Path file) throws IOException {
    return RecordJson.read(Files.readAllBytes(file), TEMPLATE);
  }

  /**
   * Writes the record of a session, once and before there is a shim that half of one could hide.
   */
  public void write(Path file) throws IOException {
    Files.write(file, RecordJson.write(this));
  }
}
