package dev.abode.engine.cgroup;

import java.util.ArrayList;
import java.util.List;

/**
 * Which devices a group may use.
 *
 * @param everything no restriction at all; {@code rules} is then empty
 */
public record DeviceAccess(boolean everything, List<DeviceRule> rules) {
  /** What a privileged instance has. */
  public static final DeviceAccess EVERYTHING = new DeviceAccess(true, List.of());

  /**
   * Docker's: any device file may be made, but only the harmless ones opened, numbers as in the
   * kernel's devices.txt: null, zero, full, random, urandom, tty, console, ptmx, and the pseudo
   * terminals.
   */
  private static final List<DeviceRule> DEFAULT =
      List.of(
          new DeviceRule('c', DeviceRule.ANY, DeviceRule.ANY, "m"),
          new DeviceRule('b', DeviceRule.ANY, DeviceRule.ANY, "m"),
          new DeviceRule('c', 1, 3, "rwm"),
          new DeviceRule('c', 1, 5, "rwm"),
          new DeviceRule('c', 1, 7, "rwm"),
          new DeviceRule('c', 1, 8, "rwm"),
          new DeviceRule('c', 1, 9, "rwm"),
          new DeviceRule('c', 5, 0, "rwm"),
          new DeviceRule('c', 5, 1, "rwm"),
          new DeviceRule('c', 5, 2, "rwm"),
          new DeviceRule('c', 136, DeviceRule.ANY, "rwm"));

  public DeviceAccess {
    rules = List.copyOf(rules);
  }

  /** The default devices and {@code more}. */
  public static DeviceAccess defaultsAnd(List<DeviceRule> more) {
    List<DeviceRule> rules = new ArrayList<>(DEFAULT);
    rules.addAll(more);
    return new DeviceAccess(false, rules);
  }
}
