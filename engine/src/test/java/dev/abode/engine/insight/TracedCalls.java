package dev.abode.engine.insight;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One process's part of an {@code strace} log as the lines of {@link PlannedCalls}. Every call that
 * makes or changes a wall becomes a line, whether a plan has it or not; calls that only open
 * something, or set up the process itself, do not.
 */
final class TracedCalls {
  private static final Pattern CALL = Pattern.compile("(\\w+)\\((.*)\\)\\s+= (-?\\d+)(?: .*)?");

  private final List<String> calls = new ArrayList<>();
  private final Map<String, String> paths = new HashMap<>();
  private String copied = "";
  private boolean readOnlyCopy;
  private boolean pivoted;
  private boolean changedUser;

  static List<String> of(List<String> log) {
    TracedCalls traced = new TracedCalls();
    log.forEach(traced::read);
    return traced.calls;
  }

  private void read(String line) {
    Matcher call = CALL.matcher(line);
    if (!call.matches()) {
      return;
    }
    String arguments = call.group(2);
    String result = call.group(3);
    if (result.startsWith("-")) {
      return;
    }
    switch (call.group(1)) {
      case "openat2" -> paths.put(result, quoted(arguments, 0));
      case "write" -> write(arguments);
      case "fchown" ->
          match(
              "(\\d+), (\\d+), (\\d+)",
              arguments,
              m -> add("own stream " + m.group(2) + " " + m.group(3)));
      case "clone3" -> namespaces(arguments);
      case "unshare" ->
          add(arguments.equals("CLONE_NEWNS") ? "own mounts" : "unshare " + arguments);
      case "setns" -> add("enter " + arguments);
      case "open_tree" -> {
        copied = quoted(arguments, 0);
        readOnlyCopy = false;
        if (arguments.startsWith("AT_FDCWD")) {
          add("copy " + copied);
        }
      }
      case "mount_setattr" -> attributes(arguments);
      case "move_mount" -> moved(arguments);
      case "mount" -> mounted(arguments);
      case "pivot_root" -> {
        add("pivot");
        pivoted = true;
      }
      case "chdir" -> {
        // The step into the new root belongs to the pivot.
        if (!pivoted) {
          add("directory " + quoted(arguments, 0));
        }
        pivoted = false;
      }
      case "mknodat" ->
          match(
              "\"(\\w+)\", S_IF(CHR|BLK)\\|\\d+, makedev\\((\\w+), (\\w+)\\)",
              arguments,
              m ->
                  add(
                      "device "
                          + m.group(1)
                          + " "
                          + (m.group(2).equals("CHR") ? 'c' : 'b')
                          + " "
                          + Integer.decode(m.group(3))
                          + ":"
                          + Integer.decode(m.group(4))));
      case "symlinkat" -> add("link " + quoted(arguments, 1) + " " + quoted(arguments, 0));
      case "sethostname" -> add("host name " + quoted(arguments, 0));
      case "ioctl" -> {
        if (arguments.contains("SIOCSIFFLAGS") && arguments.contains("IFF_UP")) {
          add("loopback up");
        }
      }
      case "prlimit64", "setrlimit" ->
          match(
              "RLIMIT_(\\w+), \\{rlim_cur=(\\d+), rlim_max=(\\d+)}",
              arguments,
              m -> add("limit " + m.group(1) + " " + m.group(2) + " " + m.group(3)));
      case "setgroups" -> add("groups " + arguments.substring(arguments.indexOf(", ") + 2));
      case "setresgid" -> paths.put("gid", arguments.substring(0, arguments.indexOf(',')));
      case "setresuid" -> {
        add("user " + arguments.substring(0, arguments.indexOf(',')) + " " + paths.get("gid"));
        changedUser = true;
      }
      case "prctl" -> control(arguments);
      case "capset" -> held(arguments);
      case "seccomp" ->
          match(
              "SECCOMP_SET_MODE_FILTER, .*len=(\\d+)", arguments, m -> add("filter " + m.group(1)));
      case "execve" ->
          match(
              "\"[^\"]+\", \\[(.*?)\\]",
              arguments,
              m -> add("execute [" + m.group(1).replace("\"", "") + "]"));
      default -> {}
    }
  }

  private void add(String call) {
    calls.add(call);
  }

  private static void match(String pattern, String text, Consumer<Matcher> found) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    if (matcher.find()) {
      found.accept(matcher);
    }
  }

  private static String quoted(String arguments, int index) {
    Matcher strings = Pattern.compile("\"([^\"]*)\"").matcher(arguments);
    for (int i = 0; strings.find(); i++) {
      if (i == index) {
        return strings.group(1);
      }
    }
    return "";
  }

  private void write(String arguments) {
    String content = quoted(arguments, 0).replace("\\n", "").replace("\\t", "\t");
    String path = paths.getOrDefault(arguments.substring(0, arguments.indexOf(',')), "");
    if (content.matches("\\d+ \\d+ \\d+")) {
      add("ids " + content);
    } else if (path.startsWith("/sys/") || path.startsWith("/proc/")) {
      add("write " + path + " " + content);
    }
  }

  private void namespaces(String arguments) {
    Map<String, String> names = Map.of("NEWNS", "MOUNT", "NEWNET", "NETWORK");
    TreeSet<String> made = new TreeSet<>();
    match(
        "flags=([A-Z_|]+)",
        arguments,
        flags -> {
          for (String flag : flags.group(1).split("\\|", -1)) {
            if (flag.startsWith("CLONE_NEW")) {
              String name = flag.substring("CLONE_".length());
              made.add(names.getOrDefault(name, name.substring("NEW".length())));
            }
          }
        });
    add("clone " + made);
  }

  private void attributes(String arguments) {
    String descriptor = arguments.substring(0, arguments.indexOf(','));
    boolean readOnly = arguments.contains("MOUNT_ATTR_RDONLY");
    if (arguments.contains("MOUNT_ATTR_IDMAP")) {
      calls.set(calls.size() - 1, calls.getLast() + " mapped");
    } else if (readOnly && !copied.isEmpty()) {
      calls.set(calls.size() - 1, calls.getLast() + " read-only");
    } else if (readOnly && paths.containsKey(descriptor) && !arguments.contains("AT_RECURSIVE")) {
      add("change " + paths.get(descriptor));
    } else if (readOnly) {
      readOnlyCopy = true;
    }
  }

  private void moved(String arguments) {
    match(
        "(\\d+), \"\", (\\d+)",
        arguments,
        m -> {
          String target = paths.getOrDefault(m.group(2), "?");
          boolean hidden = !HiddenWords.of(target).isEmpty();
          add((readOnlyCopy ? "read-only " : hidden ? "hide " : "attach ") + target);
          readOnlyCopy = false;
        });
  }

  private void mounted(String arguments) {
    match(
        "^NULL, \"/\", NULL, MS_REC\\|MS_PRIVATE",
        arguments,
        m -> {
          // The second half of a mount namespace of one's own.
        });
    match(
        "^\"([^\"]*)\", \"/proc/self/fd/(\\d+)\", \"(\\w+)\", ([A-Z_|0-9]+), (.*)$",
        arguments,
        m -> {
          String target = paths.getOrDefault(m.group(2), "?");
          String data = m.group(5).equals("NULL") ? "" : quoted(m.group(5), 0);
          if (!HiddenWords.of(target).isEmpty()) {
            add("hide " + target);
            return;
          }
          Map<String, String> names =
              Map.of(
                  "MS_RDONLY",
                  "READ_ONLY",
                  "MS_NOSUID",
                  "NO_SUID",
                  "MS_NODEV",
                  "NO_DEV",
                  "MS_NOEXEC",
                  "NO_EXEC");
          TreeSet<String> flags = new TreeSet<>();
          for (String flag : m.group(4).split("\\|", -1)) {
            if (!flag.equals("0")) {
              flags.add(names.getOrDefault(flag, flag));
            }
          }
          add("mount " + m.group(3) + " " + target + " " + flags + " " + data);
        });
  }

  private void control(String arguments) {
    match("PR_CAPBSET_DROP, CAP_(\\w+)", arguments, m -> add("drop " + m.group(1)));
    match("PR_SET_NO_NEW_PRIVS", arguments, m -> add("no new privileges"));
  }

  private void held(String arguments) {
    if (changedUser) {
      // Belongs to the change of user, which takes the capabilities along.
      changedUser = false;
      return;
    }
    TreeSet<String> names = new TreeSet<>();
    match(
        "effective=([^,]*),",
        arguments,
        m -> {
          Matcher each = Pattern.compile("CAP_([A-Z_]+)").matcher(m.group(1));
          while (each.find()) {
            names.add(each.group(1));
          }
        });
    add("hold " + names);
  }
}
