package dev.abode.engine.insight;

import java.util.Map;

/** What a mount is for. */
final class MountWords {
  private static final Map<String, String> KNOWN =
      Map.ofEntries(
          Map.entry("/", "The image, with the instance's own changes on top."),
          Map.entry("/proc", "Its own processes, since it belongs to its own PID namespace."),
          Map.entry("/sys", "What the kernel tells of hardware."),
          Map.entry("/sys/fs/cgroup", "Its own control groups."),
          Map.entry("/dev", "The harmless devices, and no others."),
          Map.entry("/dev/pts", "Terminals of its own."),
          Map.entry("/dev/shm", "Shared memory; size-limited, and counted as its own."),
          Map.entry("/dev/mqueue", "Message queues of its own IPC namespace."),
          Map.entry("/dev/console", "Where the program's terminal is."),
          Map.entry("/etc/hosts", "Written by the engine over the image's."),
          Map.entry("/etc/hostname", "Written by the engine over the image's."),
          Map.entry("/etc/resolv.conf", "Written by the engine over the image's."));

  private MountWords() {}

  static String of(String target, PlannedMounts.Mounted mounted) {
    if (target.equals("/sys") && !mounted.options().contains("ro")) {
      return "Writable: devices of the host can be switched through it.";
    }
    String known = KNOWN.get(target);
    if (known != null) {
      return known;
    }
    if (target.startsWith("/sys/fs/cgroup/")) {
      return "One hierarchy of control groups, seen from its own group.";
    }
    if (mounted.type().equals(Wording.HOST_FOLDER)) {
      return mounted.options().contains("ro")
          ? "Asked for: the host's files can be read."
          : "Asked for: a door in the wall, through which the host's files can be changed.";
    }
    return "Asked for.";
  }
}
