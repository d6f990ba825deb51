package dev.abode.cli.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the kernel says of the machine. */
final class Machine {
  private static final Path MEMORY = Path.of("/proc/meminfo");

  private static final Path LOAD = Path.of("/proc/loadavg");

  private Machine() {}

  /** Memory that could be had without swapping, in bytes. */
  static long availableBytes() throws IOException {
    for (String line : Files.readAllLines(MEMORY)) {
      if (line.startsWith("MemAvailable:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IOException("the kernel does not tell MemAvailable in " + MEMORY);
  }

  /** How many threads ran or wanted to run, on average of the last minute; {@code proc(5)}. */
  static double load() throws IOException {
    String averages = Files.readString(LOAD);
    return Double.parseDouble(averages.substring(0, averages.indexOf(' ')));
  }
}
