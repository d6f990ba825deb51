package dev.abode.engine.cgroup;

import dev.abode.engine.failure.EngineException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A device, or several, that a group may use: {@code devices.allow} of v1.
 *
 * @param type {@code 'c'}, {@code 'b'}, or {@code 'a'} for both
 * @param major {@link #ANY} for all
 * @param minor {@link #ANY} for all
 * @param permissions a subset of {@code rwm}: read, write, mknod
 */
public record DeviceRule(char type, int major, int minor, String permissions) {
  public static final int ANY = -1;

  private static final Pattern SYNTAX =
      Pattern.compile("([acb]) ([0-9]{1,9}|\\*):([0-9]{1,9}|\\*) ([rwm]{1,3})");

  /**
   * Parses {@code c 42:* rmw}, as {@code --device-cgroup-rule} takes it.
   *
   * @throws EngineException of kind INVALID_ARGUMENT
   */
  public static DeviceRule parse(String text) {
    Matcher matcher = SYNTAX.matcher(text);
    if (!matcher.matches()) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "invalid device cgroup rule format: '" + text + "'; expected for example 'c 42:* rmw'");
    }
    return new DeviceRule(
        matcher.group(1).charAt(0),
        number(matcher.group(2)),
        number(matcher.group(3)),
        matcher.group(4));
  }

  private static int number(String text) {
    return text.equals("*") ? ANY : Integer.parseInt(text);
  }

  /** As v1's {@code devices.allow} takes it. */
  @Override
  public String toString() {
    return type + " " + word(major) + ":" + word(minor) + " " + permissions;
  }

  private static String word(int number) {
    return number == ANY ? "*" : Integer.toString(number);
  }
}
