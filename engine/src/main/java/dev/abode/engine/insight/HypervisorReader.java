package dev.abode.engine.insight;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Reads the command line of a hypervisor option by option and says what machine it makes. The same
 * words come of a planned command line and of the one that the kernel shows of a process, so that
 * the two can be held side by side; an option that has no words here is told as it stands.
 */
final class HypervisorReader {
  /** Options without a value, and what each means. */
  private static final Map<String, List<String>> FLAGS =
      Map.of(
          "-nodefaults",
          List.of("default devices", "none", "The guest has what is named here and nothing else."),
          "-no-user-config",
          List.of("configuration files", "not read", ""),
          "-no-reboot",
          List.of("a restart by the guest", "ends the machine", ""));

  /** Options of the machine as a whole: what they are called, and what they are good for. */
  private static final Map<String, List<String>> MACHINE =
      Map.ofEntries(
          Map.entry("-name", List.of("name", "The same for all: it tells nothing.")),
          Map.entry("-display", List.of("display", "")),
          Map.entry(
              "-sandbox",
              List.of(
                  "sandbox",
                  "QEMU's own system call filter, beside that of its jail: no new programs, no other"
                      + " user.")),
          Map.entry("-machine", List.of("board", "A board without the parts no guest needs.")),
          Map.entry(
              "-accel",
              List.of(
                  "acceleration",
                  "kvm lets the processor run the guest; tcg translates its instructions.")),
          Map.entry("-cpu", List.of("processor", "What the guest takes its processor for.")),
          Map.entry("-m", List.of("memory", "What the workload may use, and the kernel's share.")),
          Map.entry("-smp", List.of("processors", "--cpus rounded up.")),
          Map.entry("-bios", List.of("firmware", "Hands over to the kernel and asks nothing.")),
          Map.entry("-kernel", List.of("kernel", "The guest's own; --vm means this.")),
          Map.entry("-initrd", List.of("first files", "Our agent, and the modules it loads.")),
          Map.entry(
              "-append",
              List.of(
                  "kernel arguments",
                  "The same for all machines: what concerns an instance is in the guest's plan.")),
          Map.entry(
              "-incoming",
              List.of("begins with", "The state of the devices of a template or a snapshot.")),
          Map.entry("-global", List.of("saved state", "")),
          Map.entry(
              "-mon",
              List.of("commands", "By the engine, through a socket that is in the jail only.")));

  /** Takes what is read. */
  @FunctionalInterface
  interface Telling {
    void tell(Topic topic, String what, String is, String detail, String why);
  }

  private final Telling telling;
  private final Map<String, String> backends = new LinkedHashMap<>();
  private final Set<String> used = new HashSet<>();
  private final List<String> devices = new ArrayList<>();

  private HypervisorReader(Telling telling) {
    this.telling = telling;
  }

  /**
   * Reads a command line.
   *
   * @param words the program first
   */
  static void read(List<String> words, Telling telling) {
    new HypervisorReader(telling).read(words);
  }

  private void read(List<String> words) {
    if (!words.isEmpty()) {
      telling.tell(Topic.MACHINE, "hypervisor", words.getFirst(), "", "");
    }
    int at = 1;
    while (at < words.size()) {
      String option = words.get(at++);
      List<String> flag = FLAGS.get(option);
      if (flag != null) {
        telling.tell(Topic.MACHINE, flag.get(0), flag.get(1), "", flag.get(2));
        continue;
      }
      option(option, at < words.size() ? words.get(at++) : "");
    }
    devices.forEach(this::device);
    backends.forEach(
        (name, value) -> {
          if (!used.contains(name)) {
            telling.tell(Topic.BOARD, name, value, "", "");
          }
        });
  }

  private void option(String option, String value) {
    switch (option) {
      case "-object" -> memory(value);
      case "-device" -> devices.add(value);
      case "-blockdev" -> backends.put("blockdev " + of(value, "node-name"), value);
      case "-netdev" -> backends.put("netdev " + of(value, "id"), value);
      case "-chardev" -> backends.put("chardev " + of(value, "id"), value);
      case "-serial" ->
          telling.tell(
              Topic.BOARD,
              "console",
              "a serial line that the guest can write to",
              backend("chardev " + value.substring(value.indexOf(':') + 1)),
              "The last of what its kernel says is kept, for abode why.");
      default -> {
        List<String> words = MACHINE.getOrDefault(option, List.of(option, ""));
        if (option.equals("-mon")) {
          backend("chardev " + of(value, "chardev"));
        }
        telling.tell(Topic.MACHINE, words.get(0), value, "", words.get(1));
      }
    }
  }

  private void memory(String value) {
    boolean saved = value.startsWith("memory-backend-file");
    telling.tell(
        Topic.MACHINE,
        "memory of",
        value,
        "",
        saved
            ? "What was saved, mapped privately: machines share what none of them alters."
            : "A file without a name, which the host sees the used parts of.");
  }

  private void device(String value) {
    String driver = value.split(",", 2)[0];
    switch (driver) {
      case "virtio-blk-pci" -> disk(value);
      case "virtio-net-pci" ->
          telling.tell(
              Topic.BOARD,
              "card " + of(value, "netdev"),
              "virtio-net" + place(value),
              backend("netdev " + of(value, "netdev")),
              "Its other end is in the hypervisor's network namespace.");
      case "virtio-serial-pci" ->
          telling.tell(Topic.BOARD, "port of the agent's", "virtio-serial" + place(value), "", "");
      case "virtserialport" ->
          telling.tell(
              Topic.BOARD,
              "agent",
              of(value, "name"),
              backend("chardev " + of(value, "chardev")),
              "Streams, signals and plans, in frames that the supervisor takes for a stranger's.");
      case "vhost-user-fs-pci" ->
          telling.tell(
              Topic.BOARD,
              "folder " + of(value, "tag"),
              "virtio-fs" + place(value),
              backend("chardev " + of(value, "chardev")),
              "Served by a program with a jail of its own.");
      default -> telling.tell(Topic.BOARD, driver + place(value), value, "", "");
    }
  }

  private void disk(String value) {
    String node = backend("blockdev " + of(value, "drive"));
    boolean readOnly = of(node, "read-only").equals("on");
    telling.tell(
        Topic.BOARD,
        "disk " + of(value, "serial"),
        (readOnly ? "read-only, " : "writable, ")
            + of(node, "driver")
            + ", virtio-blk"
            + place(value),
        of(node, "file.filename"),
        readOnly
            ? "A layer of the image; the file is the same for all machines, and none can write it."
            : "Its own. The format is said and never guessed, whatever a guest writes on it.");
  }

  private static String place(String device) {
    String address = of(device, "addr");
    return address.isEmpty() ? "" : " at " + address;
  }

  private String backend(String name) {
    used.add(name);
    return Objects.requireNonNullElse(backends.get(name), "");
  }

  /** One of the values of {@code name=value,name=value}, where a comma in a value is doubled. */
  private static String of(String option, String name) {
    Map<String, String> values = new HashMap<>();
    for (String part : option.replace(",,", "\0").split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        values.put(part.substring(0, equals), part.substring(equals + 1).replace('\0', ','));
      }
    }
    return values.getOrDefault(name, "");
  }
}
