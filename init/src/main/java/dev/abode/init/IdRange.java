package dev.abode.init;

/**
 * One line of {@code /proc/PID/uid_map} ({@code user_namespaces(7)}): {@code length} ids from
 * {@code inside} on, seen within the namespace, are {@code outside} and following without.
 *
 * @param inside first id within the namespace, 0 to 2^32 - 2
 * @param outside first id in the parent namespace, 0 to 2^32 - 2
 * @param length how many ids, at least 1
 */
public record IdRange(long inside, long outside, long length) {
  private static final long MAX = 0xFFFF_FFFEL;

  public IdRange {
    if (inside < 0
        || outside < 0
        || length < 1
        || inside + length > MAX
        || outside + length > MAX) {
      throw new IllegalArgumentException(
          "id range " + inside + " " + outside + " " + length + " leaves 0.." + MAX);
    }
  }
}
