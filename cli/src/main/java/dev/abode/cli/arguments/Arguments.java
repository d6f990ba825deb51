package dev.abode.cli.arguments;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A command line that was read: which options were given, with which values, and the operands. */
public final class Arguments {
  private final Map<String, List<String>> values = new LinkedHashMap<>();
  private List<String> operands = List.of();
  private boolean help;

  Arguments() {}

  void put(Option option, String value) {
    List<String> given = values.computeIfAbsent(option.name(), name -> new ArrayList<>());
    if (option.value() == Option.Value.SWITCH || option.value() == Option.Value.ONE) {
      given.clear();
    }
    given.add(value);
  }

  void setOperands(List<String> words) {
    operands = List.copyOf(words);
  }

  void askForHelp() {
    help = true;
  }

  /** Whether {@code --help} was among the words. */
  public boolean wantsHelp() {
    return help;
  }

  public List<String> operands() {
    return operands;
  }

  public String operand(int index) {
    return operands.get(index);
  }

  /** Whether a switch is on. */
  public boolean isOn(String option) {
    return values.getOrDefault(option, List.of()).equals(List.of("true"));
  }

  /** Whether an option was given at all, a switch turned off included. */
  public boolean isGiven(String option) {
    return values.containsKey(option);
  }

  public Optional<String> value(String option) {
    List<String> given = all(option);
    return given.isEmpty() ? Optional.empty() : Optional.of(given.getLast());
  }

  public String value(String option, String otherwise) {
    return value(option).orElse(otherwise);
  }

  /** All values of an option, in the order they were given. */
  public List<String> all(String option) {
    return values.getOrDefault(option, List.of());
  }

  /**
   * A whole number.
   *
   * @throws UsageException if it is none
   */
  public Optional<Long> number(String option) {
    Optional<String> given = value(option);
    try {
      return given.map(Long::valueOf);
    } catch (NumberFormatException malformed) {
      throw new UsageException("--" + option + " is a whole number, not \"" + given.get() + '"');
    }
  }
}
