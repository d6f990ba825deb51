package dev.abode.docker.command;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a client typed, and what an answer to it depends on.
 *
 * @param build which build of the command the client is; any text without a zero byte
 * @param terminals which of its standard streams, 0 to 2, are terminals
 * @param environment the few variables that change what is printed; those that are not set are
 *     absent
 * @param words behind the name of the command and the options that say which engine is meant
 */
public record CommandLine(
    String build, Set<Integer> terminals, Map<String, String> environment, List<String> words) {

  public CommandLine {
    terminals = Set.copyOf(terminals);
    environment = Map.copyOf(environment);
    words = List.copyOf(words);
  }
}
