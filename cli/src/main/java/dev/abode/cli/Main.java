package dev.abode.cli;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.EngineAddress;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.command.Version;
import dev.abode.engine.failure.EngineException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The {@code abode} command. Finds the verb, has it read its arguments, runs it, and turns what
 * goes wrong into one sentence and an exit status.
 */
public final class Main {
  /** The exit status of a command line that makes no sense, as Docker's command has it. */
  private static final int USAGE = 125;

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(run(List.of(arguments)));
  }

  private static int run(List<String> words) {
    CommandLine line;
    EngineAddress address;
    try {
      line = CommandLine.of(words);
      address = EngineAddress.of(line.host(), System.getenv());
    } catch (UsageException wrong) {
      System.err.println("abode: " + wrong.getMessage());
      return USAGE;
    }
    try (Session session = Session.ofProcess(address)) {
      return run(line, session);
    }
  }

  /** The words of a command line without the options before the verb. */
  record CommandLine(Optional<String> host, List<String> words) {
    /**
     * Takes {@code --host} off.
     *
     * @throws UsageException for any other option before the verb but {@code --help} and {@code
     *     --version}
     */
    static CommandLine of(List<String> words) {
      Optional<String> host = Optional.empty();
      int i = 0;
      while (i < words.size() && words.get(i).startsWith("-")) {
        String word = words.get(i);
        if (word.equals("-H") || word.equals("--host")) {
          if (i + 1 == words.size()) {
            throw new UsageException(
                word + " needs a value: " + word + " unix:///run/abode/abode.sock");
          }
          host = Optional.of(words.get(i + 1));
          i += 2;
        } else if (word.startsWith("--host=")) {
          host = Optional.of(word.substring("--host=".length()));
          i++;
        } else if (word.equals("-h") || word.equals("--help")) {
          return new CommandLine(host, List.of("help"));
        } else if (word.equals("-v") || word.equals("--version")) {
          return new CommandLine(host, List.of("--version"));
        } else {
          throw new UsageException(
              "unknown option before the verb: " + word + " (abode --help lists verbs)");
        }
      }
      return new CommandLine(host, words.subList(i, words.size()));
    }
  }

  /** Runs a command line in a session, and flushes its output. */
  static int run(CommandLine line, Session session) {
    List<String> words = line.words();
    try {
      if (words.isEmpty()) {
        session.out().print(Help.greeting());
        return 0;
      }
      String first = words.getFirst();
      if (first.equals("--version")) {
        session.out().println("abode version " + Version.PRODUCT);
        return 0;
      }
      if (first.equals("help")) {
        return help(words.subList(1, words.size()), session);
      }
      Optional<Verbs.Call> call = Verbs.find(words);
      if (call.isPresent()) {
        return run(call.get().verb(), call.get().words(), session);
      }
      boolean isGroup = Verbs.isGroup(first);
      boolean grouped = isGroup && words.size() > 1;
      if (isGroup && (!grouped || words.get(1).startsWith("-"))) {
        return help(List.of(first), session);
      }
      String name = grouped ? first + " " + words.get(1) : first;
      session.err().println("abode: " + Help.unknown(name));
      return USAGE;
    } finally {
      session.out().flush();
    }
  }

  private static int run(Verb verb, List<String> words, Session session) {
    try {
      Arguments arguments = verb.syntax().parse(words);
      if (arguments.wantsHelp()) {
        session.out().print(Help.of(verb.syntax()));
        return 0;
      }
      return verb.run(session, arguments);
    } catch (UsageException wrong) {
      return fail(session, wrong, USAGE);
    } catch (EngineException | IllegalArgumentException refused) {
      return fail(session, refused, verb.statusOfRefusal());
    } catch (UncheckedIOException failed) {
      return fail(session, failed, verb.statusOfRefusal());
    } catch (IOException failed) {
      return fail(session, failed, verb.statusOfRefusal());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return fail(session, interrupted, verb.statusOfRefusal());
    }
  }

  private static int fail(Session session, Exception failure, int status) {
    session.out().flush();
    String sentence = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    // The JDK's file system exceptions have nothing but the name of the file in their message.
    boolean bare = failure instanceof java.nio.file.FileSystemException;
    session.err().println("abode: " + (bare ? explained(failure, sentence) : sentence));
    return status;
  }

  private static String explained(Exception failure, String file) {
    Map<String, String> words =
        Map.of(
            "NoSuchFileException", "no such file or folder",
            "AccessDeniedException", "permission denied",
            "FileAlreadyExistsException", "the file exists already",
            "NotDirectoryException", "not a folder");
    String reason = words.get(failure.getClass().getSimpleName());
    return reason == null ? file : file + ": " + reason;
  }

  private static int help(List<String> words, Session session) {
    String name = String.join(" ", words);
    if (name.isEmpty()) {
      session.out().print(Help.overview());
      return 0;
    }
    Optional<Verb> verb = Verbs.named(name);
    if (verb.isPresent()) {
      session.out().print(Help.of(verb.get().syntax()));
      return 0;
    }
    if (Verbs.isGroup(name)) {
      session.out().print(Help.ofGroup(name));
      return 0;
    }
    session.err().println("abode: " + Help.unknown(name));
    return USAGE;
  }
}
