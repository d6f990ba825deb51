package dev.abode.engine.insight;

import dev.abode.engine.cgroup.ControlWrite;
import dev.abode.engine.explanation.Fact;
import dev.abode.engine.launch.Blueprint;
import dev.abode.init.Capability;
import dev.abode.init.IdRange;
import dev.abode.init.Namespace;
import dev.abode.init.ResourceLimit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the kernel shows of a running process, {@code proc(5)}, said in the words of its plan. Only
 * what the kernel shows is told: nothing here is copied from the plan.
 */
final class KernelView {
  private static final Path SELF = Path.of("/proc/self/ns");

  private final Path process;
  private final Blueprint blueprint;
  private final PlanReader plan;
  private final Chapters chapters = new Chapters();
  private final Map<String, String> status = new HashMap<>();
  private List<IdRange> uids = List.of();
  private List<IdRange> gids = List.of();

  private KernelView(int pid, Blueprint blueprint, PlanReader plan) {
    this.process = Path.of("/proc", Integer.toString(pid));
    this.blueprint = blueprint;
    this.plan = plan;
  }

  /**
   * Looks at a process.
   *
   * @throws NoSuchFileException when it is gone
   */
  static Chapters of(int pid, Blueprint blueprint, PlanReader plan) throws IOException {
    KernelView view = new KernelView(pid, blueprint, plan);
    view.read();
    return view.chapters;
  }

  private void read() throws IOException {
    for (String line : lines("status")) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        status.put(line.substring(0, colon), line.substring(colon + 1).strip());
      }
    }
    uids = ranges("uid_map");
    gids = ranges("gid_map");
    program();
    namespaces();
    chapters.see(Topic.IDS, "ids", Wording.ids(uids), isHost(uids) ? "" : Wording.idLines(uids));
    mounts();
    capabilities();
    chapters.see(Topic.CALLS, "no new privileges", of("NoNewPrivs").equals("1") ? "yes" : "no", "");
    chapters.see(Topic.CALLS, "filter", of("Seccomp").equals("2") ? "on" : "off", "");
    limits();
    interfaces();
  }

  private String of(String key) {
    return status.getOrDefault(key, "");
  }

  private List<String> lines(String file) throws IOException {
    return new String(Files.readAllBytes(process.resolve(file)), StandardCharsets.UTF_8)
        .lines()
        .toList();
  }

  // ---- program

  private void program() throws IOException {
    String words =
        new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.UTF_8);
    chapters.see(
        Topic.PROGRAM,
        "program",
        String.join(
            " ",
            Arrays.stream(words.split("\0", -1))
                .filter(word -> !word.isEmpty())
                .map(PlanReader::quoted)
                .toList()),
        "");
    chapters.see(
        Topic.PROGRAM,
        "working folder",
        Files.readSymbolicLink(process.resolve("cwd")).toString(),
        "");
    chapters.see(Topic.PROGRAM, "umask", of("Umask"), "");
    // The second of real, effective, saved and file system id.
    chapters.see(
        Topic.PROGRAM,
        "user",
        Wording.identity(inside(uids, number(of("Uid"), 1)), inside(gids, number(of("Gid"), 1))),
        "");
    List<Long> groups = new ArrayList<>();
    for (String group : of("Groups").split("\\s+", -1)) {
      if (!group.isEmpty()) {
        groups.add(inside(gids, Long.parseLong(group)));
      }
    }
    chapters.see(Topic.PROGRAM, "groups", Wording.groups(groups), "");
  }

  private static long number(String fields, int index) {
    return Long.parseLong(fields.split("\\s+", -1)[index]);
  }

  /** What a host id is called inside; 65534, nobody, when nothing maps it. */
  private static long inside(List<IdRange> ranges, long outside) {
    for (IdRange range : ranges) {
      if (outside >= range.outside() && outside < range.outside() + range.length()) {
        return range.inside() + outside - range.outside();
      }
    }
    return 65_534;
  }

  private List<IdRange> ranges(String file) throws IOException {
    List<IdRange> ranges = new ArrayList<>();
    for (String line : lines(file)) {
      String[] fields = line.strip().split("\\s+", -1);
      // The initial namespace has one id more than a map may have.
      long length = Math.min(Long.parseLong(fields[2]), 0xFFFF_FFFEL);
      ranges.add(new IdRange(Long.parseLong(fields[0]), Long.parseLong(fields[1]), length));
    }
    return ranges;
  }

  private static boolean isHost(List<IdRange> ranges) {
    return ranges.stream().allMatch(range -> range.inside() == range.outside());
  }

  // ---- namespaces

  private void namespaces() throws IOException {
    for (Namespace namespace : Namespace.values()) {
      String name = namespace.procName();
      Path link = Files.readSymbolicLink(process.resolve("ns").resolve(name));
      String is =
          link.equals(Files.readSymbolicLink(SELF.resolve(name)))
              ? Wording.HOST
              : isOfJoined(name, link) ? Wording.FOREIGN : Wording.OWN;
      chapters.see(Topic.NAMESPACES, name, is, link.toString());
    }
  }

  private boolean isOfJoined(String name, Path link) throws IOException {
    for (int pid : plan.joinedPids()) {
      try {
        if (Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/" + name)).equals(link)) {
          return true;
        }
      } catch (NoSuchFileException e) {
        // That instance ended; its namespace lives on in this one.
      }
    }
    return false;
  }

  // ---- mounts

  private void mounts() throws IOException {
    for (String line : lines("mountinfo")) {
      String[] halves = line.split(" - ", 2);
      String[] mount = halves[0].split(" ", -1);
      String root = mount[3];
      String target = unescaped(mount[4]);
      Set<String> options = new TreeSet<>(Arrays.asList(mount[5].split(",", -1)));
      String type = halves[1].split(" ", -1)[0];
      Optional<Fact> hidden = plan.chapters().find(Topic.HIDDEN, target);
      if (hidden.isPresent()) {
        boolean empty = type.equals("tmpfs") || root.endsWith("/null");
        String is = empty ? "hidden" : options.contains("ro") ? "read-only" : "writable";
        chapters.see(Topic.HIDDEN, target, is, "");
        continue;
      }
      boolean isOfHost =
          plan.plannedMounts().inside().containsKey(target)
              && Objects.requireNonNull(plan.plannedMounts().inside().get(target))
                  .type()
                  .equals(Wording.HOST_FOLDER);
      chapters.see(
          Topic.MOUNTS, target, Wording.mount(isOfHost ? Wording.HOST_FOLDER : type, options), "");
    }
    for (Fact hidden : plan.chapters().of(Topic.HIDDEN).values()) {
      boolean isThere = Files.exists(Path.of(hidden.what()));
      if (!isThere && chapters.find(Topic.HIDDEN, hidden.what()).isEmpty()) {
        chapters.see(Topic.HIDDEN, hidden.what(), hidden.is(), "this kernel has no such file");
      }
    }
  }

  private static String unescaped(String path) {
    return path.replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }

  // ---- capabilities

  private Set<Capability> set(String name) {
    return Wording.capabilities(Long.parseUnsignedLong(of(name), 16));
  }

  private void capabilities() {
    Set<Capability> bounding = set("CapBnd");
    for (Capability capability : bounding) {
      chapters.see(Topic.CAPABILITIES, capability.name(), "may be held", "");
    }
    Set<Capability> withheld = EnumSet.allOf(Capability.class);
    withheld.removeAll(bounding);
    chapters.see(Topic.CAPABILITIES, "withheld", Wording.capabilities(withheld), "");
    chapters.see(Topic.CAPABILITIES, "held", Wording.capabilities(set("CapEff")), "");
    chapters.see(Topic.CAPABILITIES, "handed on", Wording.capabilities(set("CapAmb")), "");
  }

  // ---- limits

  private void limits() throws IOException {
    for (String line : lines("cgroup")) {
      // number ":" controllers ":" path
      String[] fields = line.split(":", 3);
      for (Fact group : plan.chapters().of(Topic.LIMITS).values()) {
        if (group.what().equals("group " + fields[1])
            || (fields[1].isEmpty() && blueprintIsUnified(group))) {
          boolean same = fields[2].length() > 1 && group.detail().endsWith(fields[2]);
          chapters.see(
              Topic.LIMITS,
              group.what(),
              same ? Wording.OWN : "another one",
              same ? group.detail() : fields[2]);
        }
      }
    }
    for (ControlWrite write : blueprint.controlGroups()) {
      if (Files.isRegularFile(write.file())) {
        String value = Files.readString(write.file()).strip();
        chapters.see(
            Topic.LIMITS,
            String.valueOf(write.file().getFileName()),
            Wording.bytes(isSame(write.value(), value) ? write.value() : value),
            write.file().toString());
      }
    }
    ulimits();
    if (plan.chapters().find(Topic.LIMITS, "oom_score_adj").isPresent()) {
      chapters.see(Topic.LIMITS, "oom_score_adj", String.join("", lines("oom_score_adj")), "");
    }
  }

  private static boolean blueprintIsUnified(Fact group) {
    return group.what().startsWith("group ") && group.detail().startsWith("/sys/fs/cgroup/abode/");
  }

  /** The kernel rounds bytes down to pages, and shows "no limit" in words of its own. */
  private static boolean isSame(String written, String read) {
    if (written.equals(read)) {
      return true;
    }
    try {
      long wanted = Long.parseLong(written);
      long got = Long.parseLong(read);
      boolean unlimited = wanted < 0 && got > Long.MAX_VALUE / 2;
      return unlimited || (wanted > 0 && wanted - wanted % 4096 == got);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private void ulimits() throws IOException {
    Map<String, String> lines = new HashMap<>();
    for (String line : lines("limits")) {
      String[] fields = line.split(" {2,}", -1);
      if (fields.length >= 3) {
        lines.put(fields[0], Wording.limit(fields[1], fields[2]));
      }
    }
    for (ResourceLimit resource : ResourceLimit.values()) {
      String what = "ulimit " + resource.name().toLowerCase(Locale.ROOT);
      String seen = lines.get(ResourceNames.inProc(resource));
      if (plan.chapters().find(Topic.LIMITS, what).isPresent() && seen != null) {
        chapters.see(Topic.LIMITS, what, seen, "");
      }
    }
  }

  // ---- network

  private void interfaces() throws IOException {
    boolean own =
        chapters.find(Topic.NAMESPACES, "net").filter(f -> f.is().equals(Wording.OWN)).isPresent();
    if (!own) {
      return;
    }
    for (String line : lines("net/dev")) {
      int colon = line.indexOf(':');
      String name = colon < 0 ? "" : line.substring(0, colon).strip();
      if (!name.isEmpty() && !name.equals("lo")) {
        chapters.see(Topic.NETWORK, name, "there", "");
      }
    }
  }
}
