package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.UsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code --env-file} and {@code -e}: lines {@code NAME=VALUE}, or {@code NAME} for the one set
 * here.
 */
final class EnvironmentFile {
  private EnvironmentFile() {}

  /** The variables of a command line: files first, so that single ones win. */
  static List<String> variables(Arguments arguments, Map<String, String> environment)
      throws IOException {
    List<String> variables = new ArrayList<>();
    for (String file : arguments.all("env-file")) {
      for (String line : Files.readAllLines(Path.of(file), StandardCharsets.UTF_8)) {
        String text = line.stripLeading();
        if (!text.isEmpty() && !text.startsWith("#")) {
          add(text, environment, variables);
        }
      }
    }
    for (String variable : arguments.all("env")) {
      add(variable, environment, variables);
    }
    return variables;
  }

  private static void add(
      String variable, Map<String, String> environment, List<String> variables) {
    if (variable.isEmpty() || variable.startsWith("=")) {
      throw new UsageException("an environment variable needs a name: \"" + variable + '"');
    }
    String here = environment.get(variable);
    if (variable.indexOf('=') >= 0) {
      variables.add(variable);
    } else if (here != null) {
      variables.add(variable + "=" + here);
    }
  }
}
