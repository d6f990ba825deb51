package dev.abode.engine.filesystem;

import dev.abode.engine.container.UserDatabase;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.ProcessTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * {@code docker top}: what the host's {@code ps(1)} says of an instance's processes. Process
 * numbers are the host's; users and groups are shown as the instance knows them.
 */
public final class ProcessListing {
  private static final Pattern RENAMED_PID = Pattern.compile("\\s+(\\S*)=\\s*(PID\\S*)");

  /** An id that has no name on the host, perhaps cut. */
  private static final Pattern ID = Pattern.compile("\\d{1,10}\\+?");

  private static final Set<String> USER_TITLES =
      Set.of("UID", "USER", "EUID", "EUSER", "RUID", "RUSER", "SUID", "SUSER", "FUID", "FUSER");
  private static final Set<String> GROUP_TITLES =
      Set.of("GID", "GROUP", "EGID", "EGROUP", "RGID", "RGROUP", "SGID", "SGROUP");

  private ProcessListing() {}

  /**
   * Runs {@code ps}.
   *
   * @param pids on the host, of the instance's control group
   * @param psArguments as a user gives them; none means {@code -ef}
   * @throws EngineException of kind INVALID_ARGUMENT when {@code ps} refuses its arguments or they
   *     leave out the PID column
   */
  public static ProcessTable of(
      Set<Integer> pids, List<String> psArguments, IdMapping ids, UserDatabase users)
      throws IOException {
    List<String> arguments = psArguments.isEmpty() ? List.of("-ef") : psArguments;
    // A column that only calls itself PID would show processes that are not the instance's.
    Matcher renamed = RENAMED_PID.matcher(" " + String.join(" ", arguments));
    while (renamed.find()) {
      if (!renamed.group(1).equals("pid")) {
        throw new EngineException(
            Kind.INVALID_ARGUMENT,
            "specifying \"" + renamed.group(1) + "=" + renamed.group(2) + "\" is not allowed");
      }
    }
    if (pids.isEmpty()) {
      return new ProcessTable(List.of(), List.of());
    }
    return table(ps(pids, arguments), pids, ids, users);
  }

  private static String ps(Set<Integer> pids, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("ps"));
    command.addAll(arguments);
    // Selecting by pid keeps ps from looking at every process, but some options forbid it.
    List<String> selecting = new ArrayList<>(command);
    selecting.add("-q");
    selecting.add(pids.stream().map(Object::toString).collect(Collectors.joining(",")));
    Output first = run(selecting);
    if (first.status() == 0) {
      return first.out();
    }
    Output second = run(command);
    if (second.status() != 0) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "ps " + String.join(" ", arguments) + " failed: " + second.err().strip());
    }
    return second.out();
  }

  private record Output(int status, String out, String err) {}

  private static Output run(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    // Titles and dates in the words the filter below expects; no width taken from a terminal.
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().remove("COLUMNS");
    builder.environment().remove("PS_FORMAT");
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new EngineException(
          Kind.UNSUPPORTED,
          "cannot list processes: the host has no ps; install procps, or run ps in the instance"
              + " with exec",
          e);
    }
    process.getOutputStream().close();
    StringBuilder err = new StringBuilder();
    Thread errors =
        Thread.startVirtualThread(
            () -> {
              try {
                err.append(
                    new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
              } catch (IOException e) {
                err.append(e.getMessage());
              }
            });
    try {
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      errors.join();
      return new Output(process.waitFor(), out, err.toString());
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new EngineException(Kind.UNAVAILABLE, "listing processes was interrupted", e);
    }
  }

  private static ProcessTable table(
      String out, Set<Integer> pids, IdMapping ids, UserDatabase users) {
    List<String> lines = out.lines().toList();
    List<String> titles = lines.isEmpty() ? List.of() : fields(lines.getFirst());
    int pidColumn = titles.indexOf("PID");
    if (pidColumn < 0) {
      throw new EngineException(Kind.INVALID_ARGUMENT, "Couldn't find PID field in ps output");
    }
    List<List<String>> rows = new ArrayList<>();
    boolean ours = false;
    for (String line : lines.subList(1, lines.size())) {
      List<String> fields = fields(line);
      if (fields.size() <= pidColumn) {
        continue;
      }
      String pid = fields.get(pidColumn);
      // ps -m shows threads below their process, with a dash for its number.
      ours = pid.equals("-") ? ours : pids.contains(number(pid));
      if (ours) {
        rows.add(row(titles, fields, pid, ids, users));
      }
    }
    return new ProcessTable(titles, rows);
  }

  /** One line: the last column, the command, holds all that is left. */
  private static List<String> row(
      List<String> titles, List<String> fields, String pid, IdMapping ids, UserDatabase users) {
    int last = titles.size() - 1;
    List<String> values = new ArrayList<>(fields.subList(0, Math.min(last, fields.size())));
    if (fields.size() > last) {
      values.add(String.join(" ", fields.subList(last, fields.size())));
    }
    List<String> row = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      String title = titles.get(i);
      String value = values.get(i);
      if (USER_TITLES.contains(title) && ID.matcher(value).matches()) {
        row.add(outside(title, value, pid).map(ids::uidInside).map(users::userName).orElse(value));
      } else if (GROUP_TITLES.contains(title) && ID.matcher(value).matches()) {
        row.add(outside(title, value, pid).map(ids::gidInside).map(users::groupName).orElse(value));
      } else {
        row.add(value);
      }
    }
    return row;
  }

  /** The host's number for a user or group; ps cuts what is too long for its column. */
  private static Optional<Long> outside(String title, String value, String pid) {
    if (!value.endsWith("+")) {
      return Optional.of(Long.valueOf(value));
    }
    // Uid and Gid of proc_pid_status(5): real, effective, saved and of the file system.
    int column =
        switch (title.charAt(0)) {
          case 'R' -> 1;
          case 'S' -> 3;
          case 'F' -> 4;
          default -> 2;
        };
    String line = USER_TITLES.contains(title) ? "Uid:" : "Gid:";
    try {
      return Files.readAllLines(Path.of("/proc", pid, "status")).stream()
          .filter(status -> status.startsWith(line))
          .map(status -> Long.valueOf(fields(status).get(column)))
          .findFirst();
    } catch (IOException e) {
      // It ended meanwhile.
      return Optional.empty();
    }
  }

  private static int number(String field) {
    try {
      return Integer.parseInt(field);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static List<String> fields(String line) {
    return Arrays.stream(line.split("[ \\t]+", -1)).filter(f -> !f.isEmpty()).toList();
  }
}
