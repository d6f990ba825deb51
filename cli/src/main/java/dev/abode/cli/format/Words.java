package dev.abode.cli.format;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;

/** Sizes, durations and instants in the words Docker's command uses. */
public final class Words {
  private static final String[] DECIMAL = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private Words() {}

  /** Three digits and a decimal unit: {@code 7.8MB}. */
  public static String size(long bytes) {
    return scaled(bytes, 1000, DECIMAL, 3);
  }

  /** Four digits and a binary unit: {@code 1.945GiB}. */
  public static String binarySize(long bytes) {
    return scaled(bytes, 1024, BINARY, 4);
  }

  private static String scaled(long bytes, int base, String[] units, int digits) {
    double value = bytes;
    int unit = 0;
    while (value >= base && unit < units.length - 1) {
      value /= base;
      unit++;
    }
    BigDecimal rounded =
        new BigDecimal(value)
            .round(new MathContext(digits, RoundingMode.HALF_EVEN))
            .stripTrailingZeros();
    return rounded.toPlainString() + units[unit];
  }

  /** {@code 5 seconds}, {@code About an hour}, {@code 3 weeks}. */
  public static String duration(Duration duration) {
    long seconds = duration.toSeconds();
    long minutes = duration.toMinutes();
    long hours = Math.round(seconds / 3600.0);
    if (seconds < 1) {
      return "Less than a second";
    } else if (seconds == 1) {
      return "1 second";
    } else if (seconds < 60) {
      return seconds + " seconds";
    } else if (minutes == 1) {
      return "About a minute";
    } else if (minutes < 60) {
      return minutes + " minutes";
    } else if (hours == 1) {
      return "About an hour";
    } else if (hours < 48) {
      return hours + " hours";
    } else if (hours < 24 * 7 * 2) {
      return hours / 24 + " days";
    } else if (hours < 24 * 30 * 2) {
      return hours / 24 / 7 + " weeks";
    } else if (hours < 24 * 365 * 2) {
      return hours / 24 / 30 + " months";
    }
    return hours / 24 / 365 + " years";
  }

  /** {@code 5 seconds ago}. */
  public static String ago(Instant instant) {
    return duration(Duration.between(instant, Instant.now())) + " ago";
  }

  /** An instant of the API, RFC 3339; empty for none and for Go's zero time. */
  public static Optional<Instant> instant(String text) {
    if (text.isEmpty() || text.startsWith("0001-01-01")) {
      return Optional.empty();
    }
    try {
      return Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeParseException unknown) {
      return Optional.empty();
    }
  }

  /** Go's {@code Time.String()}, which {@code CreatedAt} fields carry. */
  public static String localTime(Instant instant) {
    return DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss Z z", Locale.ROOT)
        .format(instant.atZone(ZoneId.systemDefault()));
  }

  /**
   * The first twelve digits of an ID or digest, which is how they are shown unless {@code
   * --no-trunc} is given.
   */
  public static String shortId(String id) {
    String digits = id.startsWith("sha256:") ? id.substring("sha256:".length()) : id;
    return digits.length() > 12 ? digits.substring(0, 12) : digits;
  }

  /** At most {@code length} characters, the last one an ellipsis where some were cut. */
  public static String cut(String text, int length) {
    return text.length() <= length ? text : text.substring(0, length - 1) + "…";
  }
}
