package dev.abode.cli.arguments;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a verb takes, as data: read by the parser and shown by the help.
 *
 * <p>Operands and options may be mixed, unless {@link #optionsFirst} says that the first operand
 * ends the options, as it must where the rest is another program's command line.
 */
public final class Syntax {
  private final String name;
  private final String operands;
  private final String summary;
  private final List<Option> options = new ArrayList<>();
  private final List<String> examples = new ArrayList<>();
  private boolean optionsFirst;
  private int fewest;
  private int most = Integer.MAX_VALUE;

  private Syntax(String name, String operands, String summary) {
    this.name = name;
    this.operands = operands;
    this.summary = summary;
  }

  /**
   * @param name the verb as it is typed, {@code image ls} for instance
   * @param operands what follows it, for the help
   * @param summary one line
   */
  public static Syntax of(String name, String operands, String summary) {
    return new Syntax(name, operands, summary);
  }

  public String name() {
    return name;
  }

  public String operands() {
    return operands;
  }

  public String summary() {
    return summary;
  }

  public List<Option> options() {
    return options;
  }

  public List<String> examples() {
    return examples;
  }

  public Syntax example(String commandLine) {
    examples.add(commandLine);
    return this;
  }

  /** How many operands are legal. */
  public Syntax takes(int fewestOperands, int mostOperands) {
    fewest = fewestOperands;
    most = mostOperands;
    return this;
  }

  public Syntax atLeast(int fewestOperands) {
    fewest = fewestOperands;
    return this;
  }

  /** What follows the first operand is not ours, dashes or not. */
  public Syntax optionsFirst() {
    optionsFirst = true;
    return this;
  }

  public Syntax flag(String longName, String description) {
    return add(Optional.empty(), longName, Option.Value.SWITCH, "", description);
  }

  public Syntax flag(char letter, String longName, String description) {
    return add(Optional.of(letter), longName, Option.Value.SWITCH, "", description);
  }

  public Syntax one(String longName, String placeholder, String description) {
    return add(Optional.empty(), longName, Option.Value.ONE, placeholder, description);
  }

  public Syntax one(char letter, String longName, String placeholder, String description) {
    return add(Optional.of(letter), longName, Option.Value.ONE, placeholder, description);
  }

  public Syntax many(String longName, String placeholder, String description) {
    return add(Optional.empty(), longName, Option.Value.MANY, placeholder, description);
  }

  public Syntax many(char letter, String longName, String placeholder, String description) {
    return add(Optional.of(letter), longName, Option.Value.MANY, placeholder, description);
  }

  private Syntax add(
      Optional<Character> letter,
      String longName,
      Option.Value value,
      String placeholder,
      String description) {
    options.add(new Option(letter, longName, value, placeholder, description));
    return this;
  }

  /**
   * Reads a command line.
   *
   * @throws UsageException for an unknown option, a missing or superfluous value or operand
   */
  public Arguments parse(List<String> words) {
    Arguments arguments = new Arguments();
    List<String> rest = new ArrayList<>();
    int i = 0;
    while (i < words.size()) {
      String word = words.get(i++);
      if (word.equals("--")) {
        rest.addAll(words.subList(i, words.size()));
        break;
      }
      if (word.startsWith("--")) {
        i = parseLong(word, words, i, arguments);
      } else if (word.startsWith("-") && word.length() > 1) {
        i = parseLetters(word, words, i, arguments);
      } else {
        rest.add(word);
        if (optionsFirst) {
          rest.addAll(words.subList(i, words.size()));
          break;
        }
      }
    }
    arguments.setOperands(rest);
    if (!arguments.wantsHelp()) {
      checkCount(rest.size());
    }
    return arguments;
  }

  private int parseLong(String word, List<String> words, int next, Arguments arguments) {
    int equals = word.indexOf('=');
    String given = word.substring(2, equals < 0 ? word.length() : equals);
    Optional<String> attached =
        equals < 0 ? Optional.empty() : Optional.of(word.substring(equals + 1));
    Option found = null;
    for (Option option : options) {
      if (option.name().equals(given)) {
        found = option;
      }
    }
    if (found == null) {
      if (given.equals("help")) {
        arguments.askForHelp();
        return next;
      }
      throw new UsageException("unknown option: --" + given + " (see abode " + name + " --help)");
    }
    return take(found, "--" + given, attached, words, next, arguments);
  }

  private int parseLetters(String word, List<String> words, int next, Arguments arguments) {
    for (int at = 1; at < word.length(); at++) {
      char letter = word.charAt(at);
      Option found = null;
      for (Option option : options) {
        if (option.letter().isPresent() && option.letter().get() == letter) {
          found = option;
        }
      }
      if (found == null) {
        if (letter == 'h' && word.length() == 2) {
          arguments.askForHelp();
          return next;
        }
        throw new UsageException(
            "unknown option: -" + letter + " in " + word + " (see abode " + name + " --help)");
      }
      String tail = word.substring(at + 1);
      boolean takesTail = found.value() != Option.Value.SWITCH && !tail.isEmpty();
      if (tail.startsWith("=")) {
        return take(found, "-" + letter, Optional.of(tail.substring(1)), words, next, arguments);
      }
      if (takesTail) {
        return take(found, "-" + letter, Optional.of(tail), words, next, arguments);
      }
      next = take(found, "-" + letter, Optional.empty(), words, next, arguments);
    }
    return next;
  }

  private static int take(
      Option option,
      String given,
      Optional<String> attached,
      List<String> words,
      int next,
      Arguments arguments) {
    if (option.value() == Option.Value.SWITCH) {
      arguments.put(option, truth(given, attached.orElse("true")));
      return next;
    }
    if (attached.isPresent()) {
      arguments.put(option, attached.get());
      return next;
    }
    if (next == words.size()) {
      throw new UsageException(given + " needs a value: " + given + " " + option.placeholder());
    }
    arguments.put(option, words.get(next));
    return next + 1;
  }

  private static String truth(String given, String value) {
    return switch (value) {
      case "true", "1", "t", "T", "TRUE", "True" -> "true";
      case "false", "0", "f", "F", "FALSE", "False" -> "false";
      default -> throw new UsageException(given + " is true or false, not \"" + value + '"');
    };
  }

  private void checkCount(int count) {
    if (count < fewest) {
      throw new UsageException(
          "abode "
              + name
              + " needs at least "
              + fewest
              + (fewest == 1 ? " argument" : " arguments")
              + ": abode "
              + name
              + " "
              + operands);
    }
    if (count > most) {
      throw new UsageException(
          "abode "
              + name
              + (most == 0 ? " takes no argument" : " takes at most " + most)
              + ", but there are "
              + count
              + ": abode "
              + name
              + " "
              + operands);
    }
  }
}
