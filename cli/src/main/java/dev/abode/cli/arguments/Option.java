package dev.abode.cli.arguments;

import java.util.Optional;

/**
 * One option of a verb.
 *
 * @param letter the short form without its dash; empty if it has none
 * @param name the long form without its dashes
 * @param value what follows it
 * @param placeholder names the value in the help; empty for a switch
 * @param description one line
 */
public record Option(
    Optional<Character> letter, String name, Value value, String placeholder, String description) {

  /** How an option takes values. */
  public enum Value {
    /** None, or {@code =true} and {@code =false} attached. */
    SWITCH,
    /** One; given again, the last one counts. */
    ONE,
    /** One each time it is given; all count. */
    MANY
  }

  public Option {
    if (name.isEmpty() || name.startsWith("-")) {
      throw new IllegalArgumentException("not the name of an option: \"" + name + '"');
    }
  }
}
