package dev.abode.engine.instance;

/**
 * How output is kept.
 *
 * @param kept whether it is kept at all ({@code --log-driver none} does not)
 * @param maxBytes of one part
 * @param maxFiles how many parts
 */
public record LogSpec(boolean kept, long maxBytes, int maxFiles) {
  /** Five parts of 16 MiB. */
  public static final LogSpec DEFAULT = new LogSpec(true, 16L << 20, 5);

  public LogSpec {
    if (maxBytes < 4096 || maxFiles < 1) {
      throw new IllegalArgumentException(
          "a log needs at least 4096 bytes and 1 file, not " + maxBytes + " and " + maxFiles);
    }
  }
}
