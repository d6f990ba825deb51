package dev.abode.engine.launch;

import dev.abode.engine.instance.MountSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which mounts of a container lead out of it: those that the engine made of something of the host.
 * What a workload has mounted itself is not among them.
 *
 * @param paths where they are inside, in the order in which they were mounted
 * @param console the terminal inside that is mounted at {@value #CONSOLE}; whoever is its other end
 *     is outside
 */
record ForeignMounts(List<String> paths, Optional<String> console) {
  static final String CONSOLE = "/dev/console";

  private static final Set<String> CGROUPS = Set.of("cgroup", "cgroup2");
  private static final Pattern ESCAPED = Pattern.compile("\\\\([0-7]{3})");

  /** Those in {@code /proc/PID/mountinfo}, {@code proc(5)}. */
  static ForeignMounts of(int pid, List<MountSpec> asked) throws IOException {
    List<String> mounts = new ArrayList<>();
    Optional<String> console = Optional.empty();
    for (String line : Files.readAllLines(Path.of("/proc", Integer.toString(pid), "mountinfo"))) {
      int separator = line.indexOf(" - ");
      String[] fields = line.substring(0, separator).split(" ", -1);
      String type = line.substring(separator + 3).split(" ", 2)[0];
      String target = unescaped(fields[4]);
      if (type.equals("devpts") && target.equals(CONSOLE)) {
        console = Optional.of("/dev/pts" + fields[3]);
      }
      if (isForeign(fields[3], target, type, asked)) {
        mounts.add(target);
      }
    }
    return new ForeignMounts(mounts, console);
  }

  private static boolean isForeign(String root, String target, String type, List<MountSpec> asked) {
    boolean masked =
        root.equals("/null") && (target.startsWith("/proc/") || target.startsWith("/sys/"));
    boolean ofEngine = target.equals("/dev") || ContainerWalls.ETC.contains(target);
    return masked || ofEngine || CGROUPS.contains(type) || isOfHost(target, asked);
  }

  /** Mounted at, or below, what was asked for: what is below a folder of the host comes with it. */
  private static boolean isOfHost(String target, List<MountSpec> asked) {
    Set<String> host = new TreeSet<>();
    Set<String> memory = new TreeSet<>();
    for (MountSpec mount : asked) {
      (mount instanceof MountSpec.Tmpfs ? memory : host).add(mount.target());
    }
    return !memory.contains(target)
        && host.stream().anyMatch(at -> target.equals(at) || target.startsWith(at + '/'));
  }

  private static String unescaped(String path) {
    Matcher matcher = ESCAPED.matcher(path);
    return matcher.replaceAll(
        octal ->
            Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(octal.group(1), 8))));
  }
}
