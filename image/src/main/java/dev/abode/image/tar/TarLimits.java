package dev.abode.image.tar;

/**
 * How much an archive may ask for, so that a hostile one meets a bound before it meets memory.
 *
 * @param headerBytes of all extension headers in front of one entry: pax records, long names,
 *     sparse maps
 * @param pathBytes of one name or link target
 * @param entries in the whole archive
 */
public record TarLimits(int headerBytes, int pathBytes, long entries) {
  /** 1 MiB of headers, PATH_MAX, two million entries. */
  public static final TarLimits DEFAULT = new TarLimits(1 << 20, 4096, 2_000_000);

  public TarLimits {
    if (headerBytes < 1 || pathBytes < 1 || entries < 1) {
      throw new IllegalArgumentException("a tar limit below 1");
    }
  }
}
