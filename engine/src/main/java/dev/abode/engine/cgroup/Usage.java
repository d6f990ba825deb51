package dev.abode.engine.cgroup;

import dev.abode.engine.instance.Stats;
import dev.abode.linux.HostMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/** Reads what a group uses, as Docker counts it. */
final class Usage {
  /** USER_HZ, which is 100 on every Linux that Java runs on. */
  private static final long TICK_NANOS = 10_000_000;

  private Usage() {}

  static Stats v1(Function<String, Optional<Path>> folders, List<Stats.NetworkInterface> interfaces)
      throws IOException {
    Optional<String> cpuStat = text(folders.apply("cpu"), "cpu.stat");
    Optional<String> memoryStat = text(folders.apply("memory"), "memory.stat");
    long[] blocks = v1Blocks(folders.apply("blkio"));
    return new Stats(
        Instant.now(),
        nanos(folders.apply("cpuacct"), "cpuacct.usage"),
        nanos(folders.apply("cpuacct"), "cpuacct.usage_user"),
        nanos(folders.apply("cpuacct"), "cpuacct.usage_sys"),
        hostCpu(),
        onlineCpus(),
        ControlFile.keyed(cpuStat, "nr_throttled"),
        ControlFile.keyed(cpuStat, "nr_periods"),
        Duration.ofNanos(ControlFile.keyed(cpuStat, "throttled_time")),
        number(folders.apply("memory"), "memory.usage_in_bytes").orElse(0),
        ControlFile.keyed(memoryStat, "total_inactive_file"),
        number(folders.apply("memory"), "memory.max_usage_in_bytes"),
        limit(number(folders.apply("memory"), "memory.limit_in_bytes")),
        number(folders.apply("pids"), "pids.current").orElse(0),
        number(folders.apply("pids"), "pids.max"),
        blocks[0],
        blocks[1],
        interfaces,
        Optional.empty());
  }

  static Stats v2(Optional<Path> folder, List<Stats.NetworkInterface> interfaces)
      throws IOException {
    Optional<String> cpuStat = text(folder, "cpu.stat");
    long[] blocks = v2Blocks(folder);
    return new Stats(
        Instant.now(),
        micros(cpuStat, "usage_usec"),
        micros(cpuStat, "user_usec"),
        micros(cpuStat, "system_usec"),
        hostCpu(),
        onlineCpus(),
        ControlFile.keyed(cpuStat, "nr_throttled"),
        ControlFile.keyed(cpuStat, "nr_periods"),
        micros(cpuStat, "throttled_usec"),
        number(folder, "memory.current").orElse(0),
        ControlFile.keyed(text(folder, "memory.stat"), "inactive_file"),
        number(folder, "memory.peak"),
        limit(number(folder, "memory.max")),
        number(folder, "pids.current").orElse(0),
        number(folder, "pids.max"),
        blocks[0],
        blocks[1],
        interfaces,
        Optional.empty());
  }

  private static Optional<String> text(Optional<Path> folder, String file) throws IOException {
    return folder.isEmpty()
        ? Optional.empty()
        : ControlFile.readIfPresent(folder.get().resolve(file));
  }

  private static OptionalLong number(Optional<Path> folder, String file) throws IOException {
    return folder.isEmpty()
        ? OptionalLong.empty()
        : ControlFile.readNumber(folder.get().resolve(file));
  }

  private static Duration nanos(Optional<Path> folder, String file) throws IOException {
    return Duration.ofNanos(number(folder, file).orElse(0));
  }

  private static Duration micros(Optional<String> content, String key) {
    return Duration.ofNanos(1000 * ControlFile.keyed(content, key));
  }

  /** A limit above what the machine has is none. */
  private static long limit(OptionalLong limit) throws IOException {
    long machine = HostMemory.totalBytes();
    return Math.min(limit.orElse(machine), machine);
  }

  private static int onlineCpus() {
    return Runtime.getRuntime().availableProcessors();
  }

  /** All time of all CPUs, idle time included; guest time is part of user time already. */
  private static Duration hostCpu() throws IOException {
    String[] fields = Files.readAllLines(Path.of("/proc/stat")).getFirst().split(" +", -1);
    long ticks = 0;
    for (int i = 1; i <= 8 && i < fields.length; i++) {
      ticks += Long.parseLong(fields[i]);
    }
    return Duration.ofNanos(ticks * TICK_NANOS);
  }

  private static long[] v1Blocks(Optional<Path> folder) throws IOException {
    Optional<String> content = text(folder, "blkio.throttle.io_service_bytes_recursive");
    if (content.isEmpty()) {
      content = text(folder, "blkio.throttle.io_service_bytes");
    }
    long read = 0;
    long written = 0;
    // "8:0 Read 4096", and a last line "Total 8192"
    for (String line : content.stream().flatMap(String::lines).toList()) {
      String[] words = line.split(" ", -1);
      if (words.length == 3 && words[1].equals("Read")) {
        read += Long.parseLong(words[2]);
      } else if (words.length == 3 && words[1].equals("Write")) {
        written += Long.parseLong(words[2]);
      }
    }
    return new long[] {read, written};
  }

  private static long[] v2Blocks(Optional<Path> folder) throws IOException {
    long read = 0;
    long written = 0;
    // "8:0 rbytes=4096 wbytes=0 …"
    for (String line : text(folder, "io.stat").stream().flatMap(String::lines).toList()) {
      for (String word : line.split(" ", -1)) {
        if (word.startsWith("rbytes=")) {
          read += Long.parseLong(word.substring(7));
        } else if (word.startsWith("wbytes=")) {
          written += Long.parseLong(word.substring(7));
        }
      }
    }
    return new long[] {read, written};
  }
}
