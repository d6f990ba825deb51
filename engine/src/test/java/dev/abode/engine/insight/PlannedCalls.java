package dev.abode.engine.insight;

import dev.abode.init.Capability;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** The system calls that the steps of a plan document stand for, a line each, in order. */
final class PlannedCalls {
  private final List<String> calls = new ArrayList<>();

  static List<String> ofStage(Map<String, Object> plan) {
    PlannedCalls planned = new PlannedCalls();
    steps(plan, "before").forEach(planned::add);
    planned.calls.add("clone " + new TreeSet<>(strings(plan, "namespaces")));
    steps(plan, "beside").forEach(planned::add);
    return planned.calls;
  }

  static List<String> ofWorkload(Map<String, Object> plan) {
    PlannedCalls planned = new PlannedCalls();
    steps(plan, "inside").forEach(planned::add);
    return planned.calls;
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> steps(Map<String, Object> from, String name) {
    return (List<Map<String, Object>>) Objects.requireNonNull(from.get(name));
  }

  @SuppressWarnings("unchecked")
  private static List<String> strings(Map<String, Object> from, String name) {
    return (List<String>) Objects.requireNonNull(from.get(name));
  }

  private void add(Map<String, Object> step) {
    String name = text(step, "step");
    switch (name) {
      case "WriteFile" -> calls.add("write " + text(step, "path") + " " + text(step, "content"));
      case "SetLimit" ->
          calls.add(
              "limit "
                  + text(step, "resource")
                  + " "
                  + text(step, "soft")
                  + " "
                  + text(step, "hard"));
      case "MapIds" -> {
        for (String kind : List.of("uids", "gids")) {
          for (Map<String, Object> range : steps(step, kind)) {
            calls.add(
                "ids "
                    + text(range, "inside")
                    + " "
                    + text(range, "outside")
                    + " "
                    + text(range, "length"));
          }
        }
      }
      case "OwnStreams" -> {
        for (int stream = 0; stream < 3; stream++) {
          calls.add("own stream " + text(step, "uid") + " " + text(step, "gid"));
        }
      }
      case "OwnMounts" -> calls.add("own mounts");
      case "Detach" ->
          calls.add(
              "copy "
                  + text(step, "source")
                  + (Boolean.TRUE.equals(step.get("idMapped")) ? " mapped" : ""));
      case "Attach" -> calls.add("attach " + text(step, "target"));
      case "Mount" ->
          calls.add(
              "mount "
                  + text(step, "type")
                  + " "
                  + text(step, "target")
                  + " "
                  + new TreeSet<>(strings(step, "flags"))
                  + " "
                  + text(step, "data"));
      case "ChangeMount" -> calls.add("change " + text(step, "target"));
      case "Mask" -> addIfThere("hide ", text(step, "path"));
      case "ReadOnlyPath" -> addIfThere("read-only ", text(step, "path"));
      case "PivotRoot" -> calls.add("pivot");
      case "MakeSymlink" ->
          calls.add(
              "link " + Path.of(text(step, "path")).getFileName() + " " + text(step, "target"));
      case "MakeDevice" ->
          calls.add(
              "device "
                  + Path.of(text(step, "path")).getFileName()
                  + " "
                  + text(step, "type")
                  + " "
                  + text(step, "major")
                  + ":"
                  + text(step, "minor"));
      case "SetHostname" -> calls.add("host name " + text(step, "name"));
      case "LoopbackUp" -> calls.add("loopback up");
      case "SetGroups" -> calls.add("groups " + step.get("gids"));
      case "SetUser" -> calls.add("user " + text(step, "uid") + " " + text(step, "gid"));
      case "BoundCapabilities" -> {
        Set<String> kept = Set.copyOf(strings(step, "keep"));
        for (Capability capability : Capability.values()) {
          if (!kept.contains(capability.name())) {
            calls.add("drop " + capability);
          }
        }
      }
      case "SetCapabilities" -> calls.add("hold " + new TreeSet<>(strings(step, "effective")));
      case "Seccomp" -> calls.add("filter " + strings(step, "program").size());
      case "NoNewPrivileges" -> calls.add("no new privileges");
      case "ChangeDirectory" -> calls.add("directory " + text(step, "path"));
      case "Execute" -> calls.add("execute " + strings(step, "arguments"));
      // A folder that is there already takes no call; the umask is set when all else is done; the
      // root is opened, and no more; and the engine is told, and heard, by messages.
      case "TellEngine", "AwaitEngine", "MakeDirectory", "SetUmask", "UseRoot" -> {}
      default -> throw new AssertionError("a step that this test does not know: " + name);
    }
  }

  /** What this kernel does not have needs no hiding. */
  private void addIfThere(String how, String path) {
    if (Files.exists(Path.of(path))) {
      calls.add(how + path);
    }
  }

  private static String text(Map<String, Object> step, String name) {
    return String.valueOf(step.get(name));
  }
}
