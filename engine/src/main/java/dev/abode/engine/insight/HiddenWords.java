package dev.abode.engine.insight;

import java.util.Map;

/** What the kernel's files tell or do that are hidden or read-only. */
final class HiddenWords {
  private static final Map<String, String> KNOWN =
      Map.ofEntries(
          Map.entry("/proc/acpi", "Switches hardware."),
          Map.entry("/proc/asound", "Tells of sound devices, which can carry hidden messages."),
          Map.entry("/proc/interrupts", "Times of key strokes can be told from it."),
          Map.entry("/proc/kcore", "The memory of the kernel, all of it."),
          Map.entry("/proc/keys", "Keys of the kernel's key ring."),
          Map.entry("/proc/latency_stats", "Tells what other processes wait for."),
          Map.entry("/proc/sched_debug", "Lists the processes of the whole host."),
          Map.entry("/proc/scsi", "Can take disks away from the host."),
          Map.entry("/proc/timer_list", "Tells of other processes and of addresses in the kernel."),
          Map.entry("/proc/timer_stats", "Tells of other processes."),
          Map.entry(
              "/sys/devices/virtual/powercap",
              "Energy use, fine enough to tell what others compute (PLATYPUS)."),
          Map.entry("/sys/firmware", "Tells of the host's hardware and firmware."),
          Map.entry("/proc/bus", "Tells of and talks to hardware."),
          Map.entry("/proc/fs", "Changes file systems of the host."),
          Map.entry("/proc/irq", "Moves interrupts of the host."),
          Map.entry("/proc/sys", "Settings of the kernel, most of which no namespace covers."),
          Map.entry("/proc/sysrq-trigger", "One letter written here restarts the host."));

  private HiddenWords() {}

  static String of(String path) {
    return KNOWN.getOrDefault(
        path,
        path.endsWith("thermal_throttle") ? "Temperatures, from which work can be told." : "");
  }
}
