package dev.abode.image;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Dockerfile instructions that change nothing but a configuration, as {@code docker import -c} and
 * {@code docker commit -c} take them.
 */
final class ConfigChanges {
  private static final Pattern PORT =
      Pattern.compile("([0-9]{1,5})(-([0-9]{1,5}))?(/(tcp|udp|sctp))?");
  private static final Pattern DURATION =
      Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(ns|us|µs|ms|s|m|h)");

  private final ImageConfig base;
  private List<String> command;
  private List<String> entrypoint;
  private final List<String> environment;
  private final Set<String> ports;
  private final Set<String> volumes;
  private final Map<String, String> labels;
  private String workingDirectory;
  private String user;
  private Optional<String> stopSignal;
  private List<String> shell;
  private Optional<ImageConfig.Health> health;

  private ConfigChanges(ImageConfig base) {
    this.base = base;
    this.command = base.command();
    this.entrypoint = base.entrypoint();
    this.environment = new ArrayList<>(base.environment());
    this.ports = new LinkedHashSet<>(base.exposedPorts());
    this.volumes = new LinkedHashSet<>(base.volumes());
    this.labels = new LinkedHashMap<>(base.labels());
    this.workingDirectory = base.workingDirectory();
    this.user = base.user();
    this.stopSignal = base.stopSignal();
    this.shell = base.shell();
    this.health = base.health();
  }

  /**
   * {@code base} as the instructions change it, one after the other.
   *
   * @throws ImageException of kind INVALID_ARGUMENT for what is no instruction, or one that does
   *     more than configure
   */
  static ImageConfig apply(ImageConfig base, List<String> instructions) {
    ConfigChanges changes = new ConfigChanges(base);
    for (String instruction : instructions) {
      changes.apply(instruction.strip());
    }
    return changes.result();
  }

  private void apply(String instruction) {
    String[] parts = instruction.split("\\s+", 2);
    String word = parts[0].toUpperCase(Locale.ROOT);
    String rest = parts.length == 1 ? "" : parts[1].strip();
    if (rest.isEmpty()) {
      throw invalid(instruction, "it has no argument");
    }
    switch (word) {
      case "CMD" -> command = command(rest);
      case "ENTRYPOINT" -> {
        entrypoint = command(rest);
        // As in a Dockerfile: a new entrypoint makes the inherited arguments meaningless.
        if (command.equals(base.command())) {
          command = List.of();
        }
      }
      case "ENV" -> pairs(instruction, rest).forEach(this::setVariable);
      case "LABEL" -> labels.putAll(pairs(instruction, rest));
      case "EXPOSE" -> words(rest).forEach(port -> ports.addAll(ports(instruction, port)));
      case "VOLUME" -> volumes.addAll(exec(rest).orElse(words(rest)));
      case "WORKDIR" -> workingDirectory = workingDirectory(words(rest).getFirst());
      case "USER" -> user = words(rest).getFirst();
      case "STOPSIGNAL" -> stopSignal = Optional.of(words(rest).getFirst());
      case "SHELL" ->
          shell = exec(rest).orElseThrow(() -> invalid(instruction, "SHELL takes a JSON list"));
      case "HEALTHCHECK" -> health = Optional.of(health(instruction, rest));
      default ->
          throw invalid(
              instruction,
              word
                  + " is not among CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, SHELL,"
                  + " STOPSIGNAL, USER, VOLUME, WORKDIR");
    }
  }

  private ImageConfig result() {
    return new ImageConfig(
        base.platform(),
        base.created(),
        base.author(),
        command,
        entrypoint,
        environment,
        List.copyOf(ports),
        List.copyOf(volumes),
        labels,
        workingDirectory,
        user,
        stopSignal,
        shell,
        health,
        base.layers(),
        base.history());
  }

  /** The exec form if it is a JSON list of texts, else the shell form. */
  private List<String> command(String rest) {
    Optional<List<String>> exec = exec(rest);
    if (exec.isPresent()) {
      return exec.get();
    }
    List<String> words = new ArrayList<>(shell.isEmpty() ? List.of("/bin/sh", "-c") : shell);
    words.add(rest);
    return words;
  }

  private static Optional<List<String>> exec(String rest) {
    if (!rest.startsWith("[")) {
      return Optional.empty();
    }
    try {
      byte[] wrapped = ("{\"words\":" + rest + "}").getBytes(StandardCharsets.UTF_8);
      return Optional.of(JsonObject.parse(wrapped, "a list of words").texts("words"));
    } catch (ImageException e) {
      // Docker's rule: what is not a JSON list of texts is for the shell, bracket and all.
      return Optional.empty();
    }
  }

  private void setVariable(String name, String value) {
    String assignment = name + "=" + value;
    for (int i = 0; i < environment.size(); i++) {
      if (environment.get(i).startsWith(name + "=")) {
        environment.set(i, assignment);
        return;
      }
    }
    environment.add(assignment);
  }

  private String workingDirectory(String path) {
    if (path.startsWith("/")) {
      return "/" + EntryPath.of(path);
    }
    return "/" + EntryPath.of(workingDirectory + "/" + path);
  }

  private static List<String> ports(String instruction, String text) {
    Matcher matcher = PORT.matcher(text);
    if (!matcher.matches()) {
      throw invalid(
          instruction, "\"" + text + "\" is not a port: expected PORT[-PORT][/tcp|udp|sctp]");
    }
    int first = Integer.parseInt(matcher.group(1));
    int last = matcher.group(3) == null ? first : Integer.parseInt(matcher.group(3));
    if (first < 1 || last > 65535 || first > last) {
      throw invalid(instruction, "\"" + text + "\" is not within 1 to 65535");
    }
    String protocol = matcher.group(5) == null ? "tcp" : matcher.group(5);
    List<String> all = new ArrayList<>();
    for (int port = first; port <= last; port++) {
      all.add(port + "/" + protocol);
    }
    return all;
  }

  private static ImageConfig.Health health(String instruction, String rest) {
    Optional<Duration> interval = Optional.empty();
    Optional<Duration> timeout = Optional.empty();
    Optional<Duration> startPeriod = Optional.empty();
    int retries = 0;
    String left = rest;
    while (left.startsWith("--")) {
      String[] parts = left.split("\\s+", 2);
      left = parts.length == 1 ? "" : parts[1].strip();
      String[] option = parts[0].substring(2).split("=", 2);
      String value = option.length == 1 ? "" : option[1];
      switch (option[0]) {
        case "interval" -> interval = Optional.of(duration(instruction, value));
        case "timeout" -> timeout = Optional.of(duration(instruction, value));
        case "start-period" -> startPeriod = Optional.of(duration(instruction, value));
        case "retries" -> retries = count(instruction, value);
        default -> throw invalid(instruction, "HEALTHCHECK has no option --" + option[0]);
      }
    }
    String[] parts = left.split("\\s+", 2);
    List<String> test =
        switch (parts[0].toUpperCase(Locale.ROOT)) {
          case "NONE" -> List.of("NONE");
          case "CMD" -> {
            if (parts.length == 1) {
              throw invalid(instruction, "CMD has no argument");
            }
            List<String> words = new ArrayList<>();
            Optional<List<String>> exec = exec(parts[1]);
            words.add(exec.isPresent() ? "CMD" : "CMD-SHELL");
            words.addAll(exec.orElse(List.of(parts[1])));
            yield words;
          }
          default -> throw invalid(instruction, "expected HEALTHCHECK [options] CMD … or NONE");
        };
    return new ImageConfig.Health(test, interval, timeout, startPeriod, retries);
  }

  private static int count(String instruction, String text) {
    try {
      return Integer.parseUnsignedInt(text);
    } catch (NumberFormatException e) {
      throw invalid(instruction, "\"" + text + "\" is not a number");
    }
  }

  /** Go's notation: 1m30s, 500ms. */
  private static Duration duration(String instruction, String text) {
    Matcher matcher = DURATION.matcher(text);
    double nanos = 0;
    int end = 0;
    while (matcher.lookingAt() && !text.isEmpty()) {
      double unit =
          switch (matcher.group(2)) {
            case "ns" -> 1;
            case "us", "µs" -> 1e3;
            case "ms" -> 1e6;
            case "s" -> 1e9;
            case "m" -> 60e9;
            default -> 3600e9;
          };
      nanos += Double.parseDouble(matcher.group(1)) * unit;
      end = matcher.end();
      matcher.region(end, text.length());
    }
    if (end == 0 || end != text.length()) {
      throw invalid(instruction, "\"" + text + "\" is not a duration such as 30s or 1m30s");
    }
    return Duration.ofNanos((long) nanos);
  }

  /** {@code a=b "c d"=e}, or Docker's old form {@code name all the rest}. */
  private static Map<String, String> pairs(String instruction, String rest) {
    Map<String, String> pairs = new LinkedHashMap<>();
    List<String> words = words(rest);
    if (!words.getFirst().contains("=")) {
      String[] parts = rest.split("\\s+", 2);
      if (parts.length == 1) {
        throw invalid(instruction, "expected NAME=VALUE");
      }
      pairs.put(parts[0], parts[1]);
      return pairs;
    }
    for (String word : words) {
      int equals = word.indexOf('=');
      if (equals < 1) {
        throw invalid(instruction, "expected NAME=VALUE instead of \"" + word + "\"");
      }
      pairs.put(word.substring(0, equals), word.substring(equals + 1));
    }
    return pairs;
  }

  /** Words with quotes and backslashes taken off, as a shell would. */
  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean begun = false;
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && quote != '\'' && i + 1 < text.length()) {
        word.append(text.charAt(++i));
        begun = true;
      } else if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          word.append(c);
        }
      } else if (c == '"' || c == '\'') {
        quote = c;
        begun = true;
      } else if (Character.isWhitespace(c)) {
        if (begun) {
          words.add(word.toString());
          word.setLength(0);
          begun = false;
        }
      } else {
        word.append(c);
        begun = true;
      }
    }
    if (begun) {
      words.add(word.toString());
    }
    return words.isEmpty() ? List.of("") : words;
  }

  private static ImageException invalid(String instruction, String why) {
    return new ImageException(
        ImageException.Kind.INVALID_ARGUMENT,
        "the change \"" + instruction + "\" cannot be made: " + why);
  }
}
