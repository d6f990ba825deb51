package dev.abode.engine.seccomp;

import dev.abode.engine.failure.EngineException;
import dev.abode.init.Capability;
import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads a profile's JSON; what it does not understand is an error, since it would weaken it. */
final class ProfileReader {
  private static final int EPERM = 1;

  /** Beyond this a JSON number may have been rounded on its way. */
  private static final double MAX_EXACT = 1L << 53;

  private ProfileReader() {}

  /**
   * @throws EngineException of kind INVALID_ARGUMENT when it is not a profile
   */
  static SeccompProfile read(String json) {
    Object document;
    try {
      document = Jsonb.builder().build().type(Object.class).fromJson(json);
    } catch (JsonException | IllegalStateException e) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "Decoding seccomp profile failed: it is not valid JSON: " + e.getMessage(),
          e);
    }
    return profile(new Node("the profile", Optional.ofNullable(document)));
  }

  private static SeccompProfile profile(Node root) {
    Optional<Integer> errno = root.get("defaultErrnoRet").number().map(Math::toIntExact);
    List<SeccompProfile.Rule> rules = new ArrayList<>();
    for (Node entry : root.get("syscalls").list()) {
      rules.addAll(rules(entry));
    }
    Node listeners = root.get("listenerPath");
    if (listeners.text().filter(t -> !t.isEmpty()).isPresent()) {
      throw listeners.wrong("notifications to a listener are not supported");
    }
    return new SeccompProfile(
        verdict(root.get("defaultAction"), errno.orElse(EPERM)), architectures(root), rules);
  }

  private static Map<Architecture, Set<Architecture>> architectures(Node root) {
    Map<Architecture, Set<Architecture>> map = new EnumMap<>(Architecture.class);
    for (Node entry : root.get("archMap").list()) {
      Architecture.ofProfile(entry.get("architecture").required())
          .ifPresent(machine -> map.put(machine, known(entry.get("subArchitectures").strings())));
    }
    // OCI's form has one list instead, of whatever the machine is to understand.
    Set<Architecture> listed = known(root.get("architectures").strings());
    for (Architecture machine : listed) {
      Set<Architecture> others = new LinkedHashSet<>(listed);
      others.remove(machine);
      map.putIfAbsent(machine, others);
    }
    return map;
  }

  private static Set<Architecture> known(List<String> names) {
    Set<Architecture> known = EnumSet.noneOf(Architecture.class);
    names.forEach(name -> Architecture.ofProfile(name).ifPresent(known::add));
    return known;
  }

  private static List<SeccompProfile.Rule> rules(Node entry) {
    List<String> names = new ArrayList<>(entry.get("names").strings());
    entry.get("name").text().filter(n -> !n.isEmpty()).ifPresent(names::add);
    if (names.isEmpty()) {
      throw entry.wrong("it names no system call");
    }
    Optional<Integer> errno = entry.get("errnoRet").number().map(Math::toIntExact);
    Verdict verdict = verdict(entry.get("action"), errno.orElse(EPERM));
    SeccompProfile.Filter includes = filter(entry.get("includes"));
    SeccompProfile.Filter excludes = filter(entry.get("excludes"));
    List<Condition> conditions =
        entry.get("args").list().stream().map(ProfileReader::condition).toList();
    long distinct = conditions.stream().mapToInt(Condition::index).distinct().count();
    if (distinct == conditions.size()) {
      return List.of(new SeccompProfile.Rule(names, verdict, conditions, includes, excludes));
    }
    // As runc has it: several conditions on one argument are alternatives.
    return conditions.stream()
        .map(c -> new SeccompProfile.Rule(names, verdict, List.of(c), includes, excludes))
        .toList();
  }

  private static Condition condition(Node node) {
    String name = node.get("op").required();
    for (Condition.Operator operator : Condition.Operator.values()) {
      if (operator.profileName().equals(name)) {
        long index = node.get("index").number().orElse(0L);
        if (index < 0 || index > 5) {
          throw node.wrong("a system call has arguments 0 to 5, not " + index);
        }
        return new Condition(
            (int) index,
            node.get("value").number().orElse(0L),
            node.get("valueTwo").number().orElse(0L),
            operator);
      }
    }
    throw node.wrong("\"" + name + "\" is not an operator");
  }

  private static Verdict verdict(Node node, int data) {
    String name = node.required();
    return switch (name) {
      case "SCMP_ACT_ALLOW" -> Verdict.ALLOW;
      case "SCMP_ACT_ERRNO" -> Verdict.errno(data);
      case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD" -> Verdict.KILL_THREAD;
      case "SCMP_ACT_KILL_PROCESS" -> Verdict.KILL_PROCESS;
      case "SCMP_ACT_TRAP" -> Verdict.TRAP;
      case "SCMP_ACT_TRACE" -> Verdict.trace(data);
      case "SCMP_ACT_LOG" -> Verdict.LOG;
      default -> throw node.wrong("\"" + name + "\" is not an action that is supported");
    };
  }

  private static SeccompProfile.Filter filter(Node node) {
    if (!node.isPresent()) {
      return SeccompProfile.Filter.NONE;
    }
    Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
    boolean unknown = false;
    for (String name : node.get("caps").strings()) {
      Optional<Capability> capability = capability(name);
      capability.ifPresent(capabilities::add);
      unknown |= capability.isEmpty();
    }
    return new SeccompProfile.Filter(
        capabilities,
        unknown,
        Set.copyOf(node.get("arches").strings()),
        node.get("minKernel").text().filter(t -> !t.isEmpty()).map(t -> version(node, t)));
  }

  private static Optional<Capability> capability(String name) {
    for (Capability capability : Capability.values()) {
      if (name.equals("CAP_" + capability.name())) {
        return Optional.of(capability);
      }
    }
    return Optional.empty();
  }

  private static SeccompProfile.KernelVersion version(Node node, String text) {
    if (!text.matches("\\d{1,5}\\.\\d{1,5}")) {
      throw node.wrong("\"" + text + "\" is not a kernel version as 4.8");
    }
    String[] parts = text.split("\\.", -1);
    return new SeccompProfile.KernelVersion(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
  }

  /**
   * A place in the document.
   *
   * @param where its name, for messages
   */
  private record Node(String where, Optional<Object> value) {
    boolean isPresent() {
      return value.isPresent();
    }

    Node get(String name) {
      if (value.isEmpty()) {
        return new Node(where + '.' + name, Optional.empty());
      }
      if (value.get() instanceof Map<?, ?> map) {
        return new Node(where + '.' + name, Optional.ofNullable(map.get(name)));
      }
      throw wrong("an object was expected");
    }

    List<Node> list() {
      if (value.isEmpty()) {
        return List.of();
      }
      if (value.get() instanceof List<?> items) {
        List<Node> nodes = new ArrayList<>();
        for (Object item : items) {
          nodes.add(new Node(where + '[' + nodes.size() + ']', Optional.ofNullable(item)));
        }
        return nodes;
      }
      throw wrong("a list was expected");
    }

    List<String> strings() {
      return list().stream().map(Node::required).toList();
    }

    Optional<String> text() {
      if (value.isEmpty()) {
        return Optional.empty();
      }
      if (value.get() instanceof String text) {
        return Optional.of(text);
      }
      throw wrong("a string was expected");
    }

    String required() {
      return text().orElseThrow(() -> wrong("it is missing"));
    }

    Optional<Long> number() {
      if (value.isEmpty()) {
        return Optional.empty();
      }
      if (value.get() instanceof Number number) {
        double approximate = number.doubleValue();
        if (approximate < 0 || approximate > MAX_EXACT || approximate != Math.rint(approximate)) {
          throw wrong("a whole number from 0 to 2^53 was expected, not " + number);
        }
        return Optional.of(number.longValue());
      }
      throw wrong("a number was expected");
    }

    EngineException wrong(String why) {
      return new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "Decoding seccomp profile failed: " + where + ": " + why);
    }
  }
}
