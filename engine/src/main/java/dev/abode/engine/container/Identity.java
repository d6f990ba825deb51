package dev.abode.engine.container;

import java.util.List;

/**
 * Who a workload runs as, in the ids of its own user namespace.
 *
 * @param uid 0 to 2^31 - 1
 * @param gid 0 to 2^31 - 1
 * @param groups supplementary groups, the primary one not necessarily among them
 * @param home where {@code HOME} points if the environment does not say
 */
public record Identity(int uid, int gid, List<Integer> groups, String home) {
  public Identity {
    groups = List.copyOf(groups);
  }

  /** The superuser with no further group. */
  public static final Identity ROOT = new Identity(0, 0, List.of(), "/root");
}
