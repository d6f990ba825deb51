package dev.abode.engine.container;

import java.util.List;

/** The device files of every instance, numbered as in the kernel's devices.txt. */
final class DefaultDevices {
  static final List<DeviceNode> NODES =
      List.of(
          memory("/dev/null", 3),
          memory("/dev/zero", 5),
          memory("/dev/full", 7),
          memory("/dev/random", 8),
          memory("/dev/urandom", 9),
          new DeviceNode("/dev/tty", 'c', 5, 0, 0666, 0, 0, "rwm"));

  private DefaultDevices() {}

  private static DeviceNode memory(String path, int minor) {
    return new DeviceNode(path, 'c', 1, minor, 0666, 0, 0, "rwm");
  }
}
