package dev.abode.engine.container;

import java.util.ArrayList;
import java.util.List;

/** What the kernel's own file systems tell of the host, and how moby's defaults hide it. */
final class HiddenPaths {
  private static final List<String> MASKED =
      List.of(
          "/proc/acpi",
          "/proc/asound",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/sys/devices/virtual/powercap",
          "/sys/firmware");

  static final List<String> READ_ONLY =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  private HiddenPaths() {}

  static List<String> masked(HostFacts host) {
    List<String> paths = new ArrayList<>(MASKED);
    paths.addAll(host.thermalThrottlePaths());
    return paths;
  }
}
