package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.image.ImageConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is executed, where and with which environment, by Docker's rules of precedence. */
public final class Command {
  private static final String DEFAULT_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private Command() {}

  /** Entrypoint and command; a given entrypoint takes the image's command away too. */
  public static List<String> arguments(InstanceSpec spec, ImageConfig image) {
    List<String> entrypoint = spec.entrypoint().orElse(image.entrypoint());
    if (entrypoint.equals(List.of(""))) {
      entrypoint = List.of();
    }
    List<String> command = spec.command();
    if (command.isEmpty() && spec.entrypoint().isEmpty()) {
      command = image.command();
    }
    List<String> arguments = new ArrayList<>(entrypoint);
    arguments.addAll(command);
    if (arguments.isEmpty()) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "no command specified: image "
              + spec.image()
              + " has none of its own; say what to run after the image's name");
    }
    return arguments;
  }

  /** The environment of the first process, and of every further one before its own additions. */
  public static List<String> environment(
      InstanceSpec spec, ImageConfig image, String hostname, boolean terminal) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("PATH", DEFAULT_PATH);
    variables.put("HOSTNAME", hostname);
    if (terminal) {
      variables.put("TERM", "xterm");
    }
    merge(variables, image.environment());
    merge(variables, spec.environment());
    return lines(variables);
  }

  /** {@code base} with {@code changes}, and {@code HOME} where nobody said otherwise. */
  static List<String> environment(List<String> base, List<String> changes, Identity identity) {
    Map<String, String> variables = new LinkedHashMap<>();
    merge(variables, base);
    merge(variables, changes);
    variables.putIfAbsent("HOME", identity.home());
    return lines(variables);
  }

  private static void merge(Map<String, String> variables, List<String> changes) {
    for (String change : changes) {
      int equals = change.indexOf('=');
      if (equals < 0) {
        variables.remove(change);
      } else if (equals == 0) {
        throw new EngineException(
            EngineException.Kind.INVALID_ARGUMENT,
            "an environment variable needs a name: \"" + change + '"');
      } else {
        variables.put(change.substring(0, equals), change.substring(equals + 1));
      }
    }
  }

  private static List<String> lines(Map<String, String> variables) {
    return variables.entrySet().stream().map(e -> e.getKey() + '=' + e.getValue()).toList();
  }

  /** The working directory, cleaned of {@code .}, {@code ..} and doubled slashes. */
  public static String workingDirectory(Optional<String> asked, String otherwise) {
    String directory = asked.filter(d -> !d.isEmpty()).orElse(otherwise);
    return directory.isEmpty() ? "/" : clean(directory, "working directory");
  }

  /** An absolute path without {@code .}, {@code ..} and doubled slashes. */
  public static String clean(String path, String what) {
    if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "the " + what + " '" + path + "' is invalid, it needs to be an absolute path");
    }
    List<String> parts = new ArrayList<>();
    for (String part : path.split("/", -1)) {
      if (part.equals("..")) {
        if (!parts.isEmpty()) {
          parts.removeLast();
        }
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return '/' + String.join("/", parts);
  }
}
