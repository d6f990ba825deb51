package dev.abode.engine.container;

import dev.abode.init.Capability;
import dev.abode.init.ResourceLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a plan depends on of the host and of the engine's own process, read once.
 *
 * @param kernelMajor of the running kernel, for example 6
 * @param kernelMinor for example 18
 * @param architecture {@code os.arch} as Java names it
 * @param capabilities the engine's permitted set; nothing outside of it can be given to an instance
 *     in the host's user namespace
 * @param hardLimits the engine's hard resource limits, {@link ResourceLimit#UNLIMITED} for none
 * @param thermalThrottlePaths {@code thermal_throttle} folders of sysfs, which moby hides
 */
public record HostFacts(
    int kernelMajor,
    int kernelMinor,
    String architecture,
    Set<Capability> capabilities,
    Map<ResourceLimit, Long> hardLimits,
    List<String> thermalThrottlePaths) {

  private static final Pattern RELEASE = Pattern.compile("^(\\d+)\\.(\\d+)");

  /** The names of /proc/PID/limits, in the order of {@link ResourceLimit}. */
  private static final List<String> LIMIT_NAMES =
      List.of(
          "Max cpu time",
          "Max file size",
          "Max data size",
          "Max stack size",
          "Max core file size",
          "Max resident set",
          "Max processes",
          "Max open files",
          "Max locked memory",
          "Max address space",
          "Max file locks",
          "Max pending signals",
          "Max msgqueue size",
          "Max nice priority",
          "Max realtime priority",
          "Max realtime timeout");

  public HostFacts {
    capabilities = Set.copyOf(capabilities);
    hardLimits = Map.copyOf(hardLimits);
    thermalThrottlePaths = List.copyOf(thermalThrottlePaths);
  }

  /** Reads {@code /proc} and {@code /sys}. */
  public static HostFacts read() throws IOException {
    String release = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
    Matcher version = RELEASE.matcher(release);
    if (!version.find()) {
      throw new IOException("the kernel's release \"" + release + "\" does not begin with N.N");
    }
    return new HostFacts(
        Integer.parseInt(version.group(1)),
        Integer.parseInt(version.group(2)),
        System.getProperty("os.arch"),
        permitted(Files.readAllLines(Path.of("/proc/self/status"))),
        limits(Files.readAllLines(Path.of("/proc/self/limits"))),
        thermalThrottle(Path.of("/sys/devices/system/cpu")));
  }

  /** Whether the kernel is {@code major.minor} or newer. */
  public boolean kernelAtLeast(int major, int minor) {
    return kernelMajor > major || (kernelMajor == major && kernelMinor >= minor);
  }

  /** Whether overlayfs takes id-mapped layers, an upper one included (Linux 5.19). */
  public boolean mapsOverlayLayers() {
    return kernelAtLeast(5, 19);
  }

  static Set<Capability> permitted(List<String> status) {
    Set<Capability> held = EnumSet.noneOf(Capability.class);
    for (String line : status) {
      if (line.startsWith("CapPrm:")) {
        long bits = Long.parseUnsignedLong(line.substring(7).strip(), 16);
        for (Capability capability : Capability.values()) {
          if ((bits & capability.bit()) != 0) {
            held.add(capability);
          }
        }
      }
    }
    return held;
  }

  static Map<ResourceLimit, Long> limits(List<String> lines) {
    Map<ResourceLimit, Long> limits = new EnumMap<>(ResourceLimit.class);
    for (String line : lines) {
      for (ResourceLimit limit : ResourceLimit.values()) {
        String name = LIMIT_NAMES.get(limit.ordinal());
        if (line.startsWith(name)) {
          String[] values = line.substring(name.length()).strip().split("\\s+", -1);
          limits.put(
              limit,
              values[1].equals("unlimited") ? ResourceLimit.UNLIMITED : Long.parseLong(values[1]));
        }
      }
    }
    return limits;
  }

  private static List<String> thermalThrottle(Path cpus) throws IOException {
    if (!Files.isDirectory(cpus)) {
      return List.of();
    }
    try (var folders = Files.newDirectoryStream(cpus, "cpu[0-9]*")) {
      List<String> found = new java.util.ArrayList<>();
      for (Path folder : folders) {
        Path throttle = folder.resolve("thermal_throttle");
        if (Files.isDirectory(throttle)) {
          found.add(throttle.toString());
        }
      }
      found.sort(null);
      return found;
    }
  }
}
