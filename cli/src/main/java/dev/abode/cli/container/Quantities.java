package dev.abode.cli.container;

import dev.abode.cli.arguments.UsageException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers with units, as people write them on the command line. */
final class Quantities {
  private static final Pattern BYTES =
      Pattern.compile("(\\d+(?:\\.\\d+)?) ?(?:([kmgtp])i?)?b?", Pattern.CASE_INSENSITIVE);
  private static final Pattern DURATION_PART =
      Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|µs|ms|s|m|h)");

  private Quantities() {}

  /** {@code 64m}, {@code 1.5g}, {@code 512}: bytes, the units being powers of 1024. */
  static long bytes(String option, String text) {
    if (text.equals("-1")) {
      return -1;
    }
    Matcher matcher = BYTES.matcher(text);
    if (!matcher.matches()) {
      throw new UsageException(
          "--"
              + option
              + " takes a number of bytes with a unit, 64m for instance, not \""
              + text
              + '"');
    }
    String unit = matcher.group(2) == null ? "" : matcher.group(2).toLowerCase(Locale.ROOT);
    return new BigDecimal(matcher.group(1))
        .multiply(
            BigDecimal.valueOf(1L << (10 * ("kmgtp".indexOf(unit) + (unit.isEmpty() ? 0 : 1)))))
        .longValue();
  }

  /** {@code 0.5}: billionths of a processor. */
  static long nanoCpus(String text) {
    try {
      return new BigDecimal(text)
          .multiply(BigDecimal.valueOf(1_000_000_000L))
          .setScale(0, RoundingMode.UNNECESSARY)
          .longValueExact();
    } catch (NumberFormatException malformed) {
      throw new UsageException("--cpus takes a number, 0.5 for instance, not \"" + text + '"');
    } catch (ArithmeticException tooFine) {
      throw new UsageException(
          "--cpus takes at most nine digits after the point, not \"" + text + '"');
    }
  }

  /** Go's durations, {@code 1m30s}: nanoseconds. */
  static long nanos(String option, String text) {
    Matcher part = DURATION_PART.matcher(text);
    BigDecimal sum = BigDecimal.ZERO;
    int end = 0;
    while (part.find() && part.start() == end) {
      long unit =
          switch (part.group(2)) {
            case "ns" -> 1L;
            case "us", "µs" -> 1_000L;
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            default -> throw new AssertionError(part.group(2));
          };
      sum = sum.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit)));
      end = part.end();
    }
    if ((end != text.length() || text.isEmpty()) && !text.equals("0")) {
      throw new UsageException(
          "--" + option + " takes a duration, 1m30s for instance, not \"" + text + '"');
    }
    return sum.longValue();
  }
}
