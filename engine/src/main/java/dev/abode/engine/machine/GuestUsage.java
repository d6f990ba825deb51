package dev.abode.engine.machine;

import dev.abode.engine.instance.Stats;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a workload uses as its guest's kernel counts it. Processor time and disk are the host's
 * figures, with the hypervisor's part in them; memory and processes are the workload's own, which
 * the host cannot see.
 */
public final class GuestUsage {
  private GuestUsage() {}

  /**
   * The host's {@code stats} of a hypervisor with the guest's figures in place.
   *
   * @param shape the machine's
   */
  public static Stats of(GuestView guest, Stats stats, MachineShape shape) throws IOException {
    long cache =
        guest
            .read(file("memory.stat"))
            .flatMap(text -> line(text, "inactive_file"))
            .orElse(stats.memoryCacheBytes());
    return new Stats(
        stats.time(),
        stats.cpu(),
        stats.cpuUser(),
        stats.cpuSystem(),
        stats.systemCpu(),
        shape.cpus(),
        stats.throttledPeriods(),
        stats.periods(),
        stats.throttled(),
        read(guest, "memory.current").orElse(stats.memoryBytes()),
        cache,
        OptionalLong.empty(),
        read(guest, "memory.max").orElse(shape.memoryBytes() - MachineShape.KERNEL_BYTES),
        read(guest, "pids.current").orElse(stats.pids()),
        read(guest, "pids.max").map(OptionalLong::of).orElse(OptionalLong.empty()),
        stats.blockReadBytes(),
        stats.blockWriteBytes(),
        stats.interfaces(),
        Optional.of(
            new Stats.Hypervisor(
                stats.memoryBytes(),
                stats.memoryLimitBytes(),
                stats.pids(),
                workloadCpu(guest).orElse(Duration.ZERO))));
  }

  private static Optional<Duration> workloadCpu(GuestView guest) throws IOException {
    return guest
        .read(file("cpu.stat"))
        .flatMap(text -> line(text, "usage_usec"))
        .map(micros -> Duration.of(micros, ChronoUnit.MICROS));
  }

  private static String file(String name) {
    return GuestPlan.GROUP.resolve(name).toString();
  }

  /** Empty for {@code max}, and for what is no number. */
  private static Optional<Long> read(GuestView guest, String name) throws IOException {
    return guest.read(file(name)).flatMap(text -> number(text.strip()));
  }

  private static Optional<Long> line(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name + " "))
        .findFirst()
        .flatMap(line -> number(line.substring(name.length() + 1).strip()));
  }

  private static Optional<Long> number(String digits) {
    return digits.matches("\\d{1,18}") ? Optional.of(Long.valueOf(digits)) : Optional.empty();
  }
}
