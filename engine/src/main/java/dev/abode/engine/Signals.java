package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import java.util.Locale;
import java.util.Map;

/** Names of signals, {@code signal(7)}, numbers as on x86-64 and arm64. */
final class Signals {
  static final int KILL = 9;
  static final int TERM = 15;
  private static final int REALTIME_MIN = 34;
  private static final int REALTIME_MAX = 64;

  private static final Map<String, Integer> NUMBERS =
      Map.ofEntries(
          Map.entry("HUP", 1),
          Map.entry("INT", 2),
          Map.entry("QUIT", 3),
          Map.entry("ILL", 4),
          Map.entry("TRAP", 5),
          Map.entry("ABRT", 6),
          Map.entry("IOT", 6),
          Map.entry("BUS", 7),
          Map.entry("FPE", 8),
          Map.entry("KILL", KILL),
          Map.entry("USR1", 10),
          Map.entry("SEGV", 11),
          Map.entry("USR2", 12),
          Map.entry("PIPE", 13),
          Map.entry("ALRM", 14),
          Map.entry("TERM", TERM),
          Map.entry("STKFLT", 16),
          Map.entry("CHLD", 17),
          Map.entry("CLD", 17),
          Map.entry("CONT", 18),
          Map.entry("STOP", 19),
          Map.entry("TSTP", 20),
          Map.entry("TTIN", 21),
          Map.entry("TTOU", 22),
          Map.entry("URG", 23),
          Map.entry("XCPU", 24),
          Map.entry("XFSZ", 25),
          Map.entry("VTALRM", 26),
          Map.entry("PROF", 27),
          Map.entry("WINCH", 28),
          Map.entry("IO", 29),
          Map.entry("POLL", 29),
          Map.entry("PWR", 30),
          Map.entry("SYS", 31));

  private Signals() {}

  /**
   * The number of a signal given as {@code SIGTERM}, {@code term}, {@code RTMIN+3} or {@code 15}.
   *
   * @throws EngineException INVALID_ARGUMENT, in Docker's words
   */
  static int number(String text) {
    String name = text.strip().toUpperCase(Locale.ROOT);
    if (name.matches("[0-9]{1,3}")) {
      int number = Integer.parseInt(name);
      if (number >= 1 && number <= REALTIME_MAX) {
        return number;
      }
      throw invalid(text);
    }
    String bare = name.startsWith("SIG") ? name.substring(3) : name;
    Integer known = NUMBERS.get(bare);
    if (known != null) {
      return known;
    }
    if (bare.matches("RTMIN(\\+[0-9]{1,2})?")) {
      return realtime(text, REALTIME_MIN + offset(bare));
    }
    if (bare.matches("RTMAX(-[0-9]{1,2})?")) {
      return realtime(text, REALTIME_MAX - offset(bare));
    }
    throw invalid(text);
  }

  private static int offset(String name) {
    return name.length() == 5 ? 0 : Integer.parseInt(name.substring(6));
  }

  private static int realtime(String text, int number) {
    if (number < REALTIME_MIN || number > REALTIME_MAX) {
      throw invalid(text);
    }
    return number;
  }

  private static EngineException invalid(String text) {
    return new EngineException(EngineException.Kind.INVALID_ARGUMENT, "Invalid signal: " + text);
  }
}
