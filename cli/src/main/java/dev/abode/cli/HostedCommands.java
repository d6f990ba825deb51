package dev.abode.cli;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.EngineAddress;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.docker.command.CommandHost;
import dev.abode.docker.command.CommandLine;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The verbs that the engine's process runs for clients of its own build, so that they need not
 * start a JVM: questions that are answered from what the engine says, and what is told of the verbs
 * themselves. The same code formats the answer here and there.
 */
final class HostedCommands implements CommandHost {
  /**
   * Reads no input, no file, and of the environment only what {@code front.c} passes on. Whoever
   * adds a name here has looked.
   */
  private static final Set<String> QUESTIONS =
      Set.of(
          "completion",
          "container inspect",
          "diff",
          "history",
          "image inspect",
          "images",
          "info",
          "inspect",
          "logs",
          "network inspect",
          "network ls",
          "port",
          "ps",
          "snapshot ls",
          "system df",
          "top",
          "version",
          "volume inspect",
          "volume ls",
          "why");

  private final EngineAddress address;
  private final String build;
  private final String zone;

  /**
   * Commands of this process's build and time zone.
   *
   * @param address of the engine they ask, which is this process's own
   */
  HostedCommands(EngineAddress address) {
    this(address, System.getProperty("abode.build", ""), zone(System.getenv()));
  }

  HostedCommands(EngineAddress address, String build, String zone) {
    this.address = new EngineAddress(address.socket(), /* root= */ Optional.empty());
    this.build = build;
    this.zone = zone;
  }

  /** What {@code TZ} says: local times are printed in the zone of the process that prints them. */
  private static String zone(Map<String, String> environment) {
    return environment.getOrDefault("TZ", "");
  }

  @Override
  public Optional<Hosted> accept(CommandLine line) {
    if (build.isEmpty() || !build.equals(line.build()) || !zone.equals(zone(line.environment()))) {
      return Optional.empty();
    }
    try {
      Main.CommandLine words = Main.CommandLine.of(line.words());
      return words.host().isEmpty() && isQuestion(words.words())
          ? Optional.of((output, errors) -> run(words, line, output, errors))
          : Optional.empty();
    } catch (UsageException _) {
      return Optional.empty();
    }
  }

  private static boolean isQuestion(List<String> words) {
    Optional<Verbs.Call> call = Verbs.find(words);
    if (call.isEmpty()) {
      // A greeting, a page of help, or a word that is no verb.
      return true;
    }
    Verb verb = call.get().verb();
    Arguments arguments;
    try {
      arguments = verb.syntax().parse(call.get().words());
    } catch (UsageException _) {
      return true;
    }
    // What follows a log does not end by itself.
    boolean endless = verb.syntax().name().equals("logs") && arguments.isOn("follow");
    return arguments.wantsHelp() || (QUESTIONS.contains(verb.syntax().name()) && !endless);
  }

  private int run(
      Main.CommandLine words, CommandLine line, OutputStream output, OutputStream errors) {
    try (Session session =
        Session.hosted(output, errors, line.environment(), line.terminals(), address)) {
      try {
        return Main.run(words, session);
      } catch (RuntimeException defect) {
        defect.printStackTrace(session.err());
        return 1;
      }
    }
  }
}
