package dev.abode.engine.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What this process sees mounted, {@code proc_pid_mountinfo(5)}. */
public final class MountPoints {
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

  private MountPoints() {}

  /** Mount points at or below {@code folder}, the one mounted last first. */
  public static List<Path> within(Path folder) throws IOException {
    List<Path> found = new ArrayList<>();
    for (String line : Files.readAllLines(MOUNTS)) {
      Path point = Path.of(unescape(line.split(" ", 6)[4]));
      if (point.startsWith(folder)) {
        found.add(point);
      }
    }
    return found.reversed();
  }

  static boolean isMounted(Path point) throws IOException {
    return within(point).contains(point);
  }

  /** Space, tab, newline and backslash are written as three octal digits. */
  private static String unescape(String path) {
    return path.replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }
}
