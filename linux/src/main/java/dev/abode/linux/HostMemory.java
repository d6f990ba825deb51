package dev.abode.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory this host has, {@code proc_meminfo(5)}. */
public final class HostMemory {
  private static final Path FILE = Path.of("/proc/meminfo");

  private HostMemory() {}

  /** All there is, in bytes. */
  public static long totalBytes() throws IOException {
    return bytes("MemTotal:");
  }

  /** What new work can have without anything being swapped out, in bytes; the kernel's estimate. */
  public static long availableBytes() throws IOException {
    return bytes("MemAvailable:");
  }

  private static long bytes(String field) throws IOException {
    for (String line : Files.readAllLines(FILE)) {
      if (line.startsWith(field)) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    throw new IOException(FILE + " has no " + field);
  }
}
