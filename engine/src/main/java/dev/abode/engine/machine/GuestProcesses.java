package dev.abode.engine.machine;

import dev.abode.engine.container.UserDatabase;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.ProcessTable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The processes of a workload in a guest in the columns of {@code ps -ef}, from what the guest's
 * procfs says (proc_pid_stat(5)). Numbers are the guest's.
 */
public final class GuestProcesses {
  private static final List<String> TITLES =
      List.of("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD");

  /** {@code USER_HZ}, the same on every architecture. */
  private static final long TICKS_A_SECOND = 100;

  /** As many as anybody reads; a fork bomb has more. */
  private static final int MAX_PROCESSES = 1000;

  private static final int PTS_MAJOR = 136;
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT).withZone(ZoneId.systemDefault());

  private GuestProcesses() {}

  /**
   * Lists them.
   *
   * @param psArguments none, or {@code -ef}
   * @throws EngineException UNSUPPORTED for other arguments: no {@code ps} runs in the guest
   */
  public static ProcessTable of(GuestView guest, List<String> psArguments, UserDatabase users)
      throws IOException {
    if (!psArguments.isEmpty() && !psArguments.equals(List.of("-ef"))) {
      throw new EngineException(
          Kind.UNSUPPORTED,
          "the processes of a virtual machine are listed as ps -ef does and in no other way; run"
              + " ps in it with exec");
    }
    double uptime = seconds(guest.read("/proc/uptime").orElse("0"));
    List<List<String>> rows = new ArrayList<>();
    String pids = guest.read(GuestPlan.GROUP.resolve("cgroup.procs").toString()).orElse("");
    for (String pid :
        pids.lines().filter(l -> l.matches("\\d{1,9}")).limit(MAX_PROCESSES).toList()) {
      row(guest, pid, uptime, users).ifPresent(rows::add);
    }
    return new ProcessTable(TITLES, rows);
  }

  private static double seconds(String uptime) {
    String first = uptime.strip().split(" ", 2)[0];
    return first.matches("\\d{1,12}(\\.\\d{1,6})?") ? Double.parseDouble(first) : 0;
  }

  /** Empty when it ended meanwhile. */
  private static Optional<List<String>> row(
      GuestView guest, String pid, double uptime, UserDatabase users) throws IOException {
    String folder = "/proc/" + pid + "/";
    Optional<String> stat = guest.read(folder + "stat");
    Optional<String> status = guest.read(folder + "status");
    if (stat.isEmpty() || status.isEmpty()) {
      return Optional.empty();
    }
    String command = guest.read(folder + "cmdline").orElse("").replace('\0', ' ').strip();
    return row(pid, stat.get(), user(status.get(), users), command, uptime);
  }

  static Optional<List<String>> row(
      String pid, String stat, String user, String command, double uptime) {
    int open = stat.indexOf('(');
    int close = stat.lastIndexOf(')');
    // What follows the name: state, ppid, pgrp, session, tty_nr, …, utime and stime, …, starttime.
    String[] fields = close < 0 ? new String[0] : stat.substring(close + 1).strip().split(" ", -1);
    if (open < 0 || fields.length < 20) {
      return Optional.empty();
    }
    long ticks = number(fields[11]) + number(fields[12]);
    double age = Math.max(0, uptime - (double) number(fields[19]) / TICKS_A_SECOND);
    long busy = age < 1 ? 0 : Math.min(99, (long) (ticks / age));
    return Optional.of(
        List.of(
            user,
            pid,
            Long.toString(number(fields[1])),
            Long.toString(busy),
            CLOCK.format(Instant.now().minusMillis((long) (age * 1000))),
            terminal(number(fields[4])),
            time(Duration.ofSeconds(ticks / TICKS_A_SECOND)),
            command.isEmpty() ? '[' + stat.substring(open + 1, close) + ']' : command));
  }

  private static long number(String digits) {
    return digits.matches("-?\\d{1,18}") ? Long.parseLong(digits) : 0;
  }

  private static String terminal(long device) {
    return (device >> 8 & 0xFFF) == PTS_MAJOR ? "pts/" + (device & 0xFF) : "?";
  }

  private static String time(Duration used) {
    return String.format(
        Locale.ROOT, "%02d:%02d:%02d", used.toHours(), used.toMinutesPart(), used.toSecondsPart());
  }

  private static String user(String status, UserDatabase users) {
    return status
        .lines()
        .filter(line -> line.startsWith("Uid:"))
        .map(line -> number(line.split("\\s+", -1)[2]))
        .map(uid -> users.userName(uid))
        .findFirst()
        .orElse("?");
  }
}
