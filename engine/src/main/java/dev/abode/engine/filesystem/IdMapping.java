package dev.abode.engine.filesystem;

import dev.abode.init.IdRange;
import java.util.List;
import java.util.OptionalLong;

/**
 * Both tables of a user namespace, {@code user_namespaces(7)}. No ranges at all means that inside
 * and outside are the same.
 */
public record IdMapping(List<IdRange> uids, List<IdRange> gids) {
  /** Of a container in the host's user namespace, and of files on disk. */
  public static final IdMapping SAME = new IdMapping(List.of(), List.of());

  /** What the kernel shows for an id without a mapping, {@code /proc/sys/kernel/overflowuid}. */
  private static final long OVERFLOW = 65534;

  public IdMapping {
    uids = List.copyOf(uids);
    gids = List.copyOf(gids);
  }

  /** One range for users and groups alike. */
  public static IdMapping of(IdRange range) {
    return new IdMapping(List.of(range), List.of(range));
  }

  long uidInside(long outside) {
    return inside(uids, outside);
  }

  long gidInside(long outside) {
    return inside(gids, outside);
  }

  /** Empty when the namespace has no such user. */
  OptionalLong uidOutside(long inside) {
    return outside(uids, inside);
  }

  OptionalLong gidOutside(long inside) {
    return outside(gids, inside);
  }

  private static long inside(List<IdRange> ranges, long outside) {
    if (ranges.isEmpty()) {
      return outside;
    }
    for (IdRange range : ranges) {
      if (outside >= range.outside() && outside < range.outside() + range.length()) {
        return outside - range.outside() + range.inside();
      }
    }
    return OVERFLOW;
  }

  private static OptionalLong outside(List<IdRange> ranges, long inside) {
    if (ranges.isEmpty()) {
      return OptionalLong.of(inside);
    }
    for (IdRange range : ranges) {
      if (inside >= range.inside() && inside < range.inside() + range.length()) {
        return OptionalLong.of(inside - range.inside() + range.outside());
      }
    }
    return OptionalLong.empty();
  }
}
