package dev.abode.engine.record;

import java.time.Instant;
import java.util.Map;

/**
 * What a volume is, besides its content. {@code volume.json}; written once, when it is made.
 *
 * @param format of this document, {@value #FORMAT} today
 * @param options of the driver: {@code type}, {@code device}, {@code o}, {@code size}
 */
public record VolumeRecord(
    int format,
    String name,
    Instant created,
    Map<String, String> options,
    Map<String, String> labels) {
  public static final int FORMAT = 1;

  /** Gives what an older document lacks. */
  static final VolumeRecord TEMPLATE =
      new VolumeRecord(FORMAT, "", Instant.EPOCH, Map.of(), Map.of());

  public VolumeRecord {
    options = Map.copyOf(options);
    labels = Map.copyOf(labels);
  }
}
