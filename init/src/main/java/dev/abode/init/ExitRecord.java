package dev.abode.init;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * How a workload ended, as the shim writes it: lines of a name, a space and a decimal number.
 *
 * <pre>
 *   pid 4711
 *   status 0          exit status, 0 when a signal ended it
 *   signal 9          0 when it exited by itself
 *   oom 1             how many OOM kills its cgroup counted
 *   started 17…       nanoseconds since the epoch
 *   finished 17…
 *   user_usec 12      CPU time of the workload and the children it waited for, microseconds
 *   system_usec 34
 *   max_rss_kib 560
 *   machine_died 0    1 when a guest's machine ended before the workload did
 * </pre>
 *
 * @param status the exit status, 0 to 255
 * @param signal the signal that ended it, 0 for none
 * @param oomKills how many processes of the cgroup the kernel killed for lack of memory
 * @param machineDied whether it ended because its virtual machine did: status and signal are then
 *     the machine's
 * @param maxRssBytes the largest resident set of one of its processes
 */
public record ExitRecord(
    int pid,
    int status,
    int signal,
    long oomKills,
    Instant started,
    Instant finished,
    Duration userTime,
    Duration systemTime,
    long maxRssBytes,
    boolean machineDied) {
  private static final int UNKNOWN = 255;

  /**
   * The status as a shell and Docker give it: the exit status, or 128 plus the signal; 255 when
   * nobody saw how the workload ended, because its machine ended by itself: a kernel that panics
   * makes a hypervisor leave with status 0.
   */
  public int shellStatus() {
    if (signal != 0) {
      return 128 + signal;
    }
    return machineDied ? UNKNOWN : status;
  }

  /**
   * Reads the text a shim wrote.
   *
   * @throws IllegalArgumentException when it is not that
   */
  public static ExitRecord parse(String text) {
    Map<String, Long> values = new HashMap<>();
    text.lines()
        .forEach(
            line -> {
              int space = line.indexOf(' ');
              if (space < 0) {
                throw new IllegalArgumentException("no exit record: " + line);
              }
              values.put(line.substring(0, space), Long.valueOf(line.substring(space + 1)));
            });
    return new ExitRecord(
        (int) value(values, "pid"),
        (int) value(values, "status"),
        (int) value(values, "signal"),
        value(values, "oom"),
        instant(value(values, "started")),
        instant(value(values, "finished")),
        micros(value(values, "user_usec")),
        micros(value(values, "system_usec")),
        value(values, "max_rss_kib") * 1024,
        value(values, "machine_died") != 0);
  }

  private static long value(Map<String, Long> values, String name) {
    Long value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("an exit record without \"" + name + "\": " + values);
    }
    return value;
  }

  private static Instant instant(long nanos) {
    return Instant.ofEpochSecond(nanos / 1_000_000_000, nanos % 1_000_000_000);
  }

  private static Duration micros(long micros) {
    return Duration.ofNanos(Math.multiplyExact(micros, 1000));
  }
}
