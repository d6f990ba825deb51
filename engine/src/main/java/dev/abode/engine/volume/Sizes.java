package dev.abode.engine.volume;

import dev.abode.engine.failure.EngineException;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as Docker's users write them: {@code 10G}, {@code 512mb}, {@code 1.5GiB}, bytes. */
final class Sizes {
  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?) ?([kmgtp]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);
  private static final String UNITS = "kmgtp";

  private Sizes() {}

  /**
   * @throws EngineException INVALID_ARGUMENT when it is no size, or none a volume can have
   */
  static long bytes(String text) {
    Matcher matcher = SIZE.matcher(text.strip());
    if (!matcher.matches()) {
      throw invalid("invalid size: '" + text + "'; write for example 512M or 10G");
    }
    String unit = matcher.group(2).toLowerCase(Locale.ROOT);
    int power = unit.isEmpty() ? 0 : UNITS.indexOf(unit) + 1;
    BigDecimal bytes =
        new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(1L << (10 * power)));
    if (bytes.compareTo(BigDecimal.valueOf(1L << 50)) > 0) {
      throw invalid("a volume of " + text + " is more than a file can hold, which is 16 TiB");
    }
    long whole = bytes.longValue();
    if (whole < Backing.LEAST_BYTES) {
      throw invalid("a volume of " + text + " has no room for files; at least 1M is needed");
    }
    if (whole > 16L << 40) {
      throw invalid("a volume of " + text + " is more than a file can hold, which is 16 TiB");
    }
    return whole;
  }

  private static EngineException invalid(String message) {
    return new EngineException(EngineException.Kind.INVALID_ARGUMENT, message);
  }
}
