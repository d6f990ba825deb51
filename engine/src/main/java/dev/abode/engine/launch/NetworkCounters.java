package dev.abode.engine.launch;

import dev.abode.engine.bridge.MachinePlug;
import dev.abode.engine.instance.Stats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The counters of the interfaces that a process sees, {@code /proc/PID/net/dev}. */
final class NetworkCounters {
  private static final int RECEIVED_BYTES = 0;
  private static final int RECEIVED_PACKETS = 1;
  private static final int SENT_BYTES = 8;
  private static final int SENT_PACKETS = 9;

  private NetworkCounters() {}

  static List<Stats.NetworkInterface> of(int pid) throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(Path.of("/proc/" + pid + "/net/dev"));
    } catch (NoSuchFileException e) {
      return List.of();
    }
    return parse(lines);
  }

  static List<Stats.NetworkInterface> parse(List<String> lines) {
    List<Stats.NetworkInterface> interfaces = new ArrayList<>();
    for (String line : lines) {
      int colon = line.indexOf(':');
      if (colon < 0) {
        continue;
      }
      String name = line.substring(0, colon).strip();
      String[] values = line.substring(colon + 1).strip().split("\\s+", -1);
      if (name.equals("lo") || MachinePlug.isBetween(name) || values.length <= SENT_PACKETS) {
        continue;
      }
      interfaces.add(
          new Stats.NetworkInterface(
              name,
              Long.parseLong(values[RECEIVED_BYTES]),
              Long.parseLong(values[RECEIVED_PACKETS]),
              Long.parseLong(values[SENT_BYTES]),
              Long.parseLong(values[SENT_PACKETS])));
    }
    return interfaces;
  }
}
