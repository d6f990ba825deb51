package dev.abode.engine;

import dev.abode.engine.cgroup.Cgroups;
import dev.abode.linux.HostMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads {@link HostInfo} from {@code /proc} and {@code /etc}, once. */
final class HostInfoReader {
  private HostInfoReader() {}

  static HostInfo read(Cgroups cgroups) throws IOException {
    List<String> security = new ArrayList<>();
    if (Files.exists(Path.of("/proc/sys/kernel/seccomp"))) {
      security.add("name=seccomp,profile=builtin");
    }
    security.add("name=userns");
    security.add("name=cgroupns");
    return new HostInfo(
        line(Path.of("/proc/sys/kernel/osrelease")).orElse("unknown"),
        operatingSystem(),
        machine(),
        line(Path.of("/proc/sys/kernel/hostname")).orElse("localhost"),
        Runtime.getRuntime().availableProcessors(),
        HostMemory.totalBytes(),
        cgroups.layout().version(),
        "cgroupfs",
        "overlay2",
        security,
        cgroups.warnings());
  }

  private static Optional<String> line(Path file) throws IOException {
    return Files.exists(file)
        ? Optional.of(Files.readString(file).strip()).filter(s -> !s.isEmpty())
        : Optional.empty();
  }

  private static String operatingSystem() throws IOException {
    for (Path file : List.of(Path.of("/etc/os-release"), Path.of("/usr/lib/os-release"))) {
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          if (line.startsWith("PRETTY_NAME=")) {
            return line.substring(12).replace("\"", "").strip();
          }
        }
      }
    }
    return "Linux";
  }

  /** As {@code uname -m} says it. */
  private static String machine() {
    return switch (System.getProperty("os.arch")) {
      case "amd64" -> "x86_64";
      case String other -> other;
    };
  }
}
