package dev.abode.init;

import java.time.Duration;
import java.time.Instant;

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
 * </pre>
 *
 * @param status the exit status, 0 to 255
 * @param signal the signal that ended it, 0 for none
 * @param oomKills how many processes of the cgroup the kernel killed for lack of memory
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
    long maxRssBytes) {

  /** The status as a shell and Docker give it: the exit status, or 128 plus the signal. */
  public int shellStatus() {
    return signal == 0 ? status : 128 + signal;
  }
}
