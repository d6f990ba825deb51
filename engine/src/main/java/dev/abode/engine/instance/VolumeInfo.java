package dev.abode.engine.instance;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

/**
 * A volume: files that outlive the instances they are mounted into.
 *
 * @param folder with its content, on the host; empty while something has to be mounted there that
 *     nobody uses at the moment
 * @param options of the driver, as they were given
 */
public record VolumeInfo(
    String name,
    Path folder,
    Instant created,
    Map<String, String> options,
    Map<String, String> labels) {
  /** Marks a volume nobody named, as Docker does. */
  public static final String ANONYMOUS = "com.docker.volume.anonymous";

  public VolumeInfo {
    options = Map.copyOf(options);
    labels = Map.copyOf(labels);
  }

  /** Whether nobody gave it its name, so that it goes with its instance. */
  public boolean anonymous() {
    return labels.containsKey(ANONYMOUS);
  }
}
