package dev.abode.docker.time;

import dev.abode.docker.failure.ApiException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times and durations in the forms of Go, in which Docker's API has them. */
public final class GoTime {
  /** Go's zero time, Docker's word for "never". */
  public static final String ZERO = "0001-01-01T00:00:00Z";

  private static final DateTimeFormatter NANOS =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd'T'HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendLiteral('Z')
          .toFormatter()
          .withZone(ZoneOffset.UTC);

  private static final DateTimeFormatter FIXED_NANOS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'").withZone(ZoneOffset.UTC);

  private static final Pattern UNIX = Pattern.compile("(-?\\d{1,12})(?:\\.(\\d{1,9}))?");
  private static final Pattern DURATION_PART =
      Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h)");

  private GoTime() {}

  /** RFC3339Nano: as many digits of the second as are needed. */
  public static String text(Instant time) {
    return NANOS.format(time);
  }

  /** RFC3339Nano, or Go's zero time when absent. */
  public static String text(Optional<Instant> time) {
    return time.map(GoTime::text).orElse(ZERO);
  }

  /** RFC3339 with nine digits always, as in front of log lines, so that they align. */
  public static String fixed(Instant time) {
    return FIXED_NANOS.format(time);
  }

  /**
   * A point in time as {@code since} and {@code until} take it: seconds since 1970 with a fraction
   * or not, a date, a date with time with an offset or without (UTC), or a duration before {@code
   * now}.
   *
   * @throws ApiException with status 400 for anything else
   */
  public static Instant parse(String text, Instant now) {
    Matcher unix = UNIX.matcher(text);
    if (unix.matches()) {
      String fraction = unix.group(2) == null ? "" : unix.group(2);
      long nanos = Long.parseLong((fraction + "000000000").substring(0, 9));
      return Instant.ofEpochSecond(Long.parseLong(unix.group(1)), nanos);
    }
    try {
      if (text.length() == 10) {
        return LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
      }
      if (text.indexOf('T') == 10) {
        boolean offset = text.endsWith("Z") || text.indexOf('+') > 0 || text.lastIndexOf('-') > 10;
        return offset
            ? OffsetDateTime.parse(text).toInstant()
            : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
      }
    } catch (DateTimeParseException e) {
      throw ApiException.invalid("\"" + text + "\" is not a time: " + e.getMessage());
    }
    return now.minus(parseDuration(text));
  }

  /**
   * A duration as Go's {@code time.ParseDuration} reads it, for example {@code 1h30m} or {@code
   * 1.5s}.
   *
   * @throws ApiException with status 400 for anything else
   */
  public static Duration parseDuration(String text) {
    boolean negative = text.startsWith("-");
    String rest = negative || text.startsWith("+") ? text.substring(1) : text;
    if (rest.equals("0")) {
      return Duration.ZERO;
    }
    double nanos = 0;
    Matcher part = DURATION_PART.matcher(rest);
    int at = 0;
    while (at < rest.length() && part.find(at) && part.start() == at) {
      nanos += Double.parseDouble(part.group(1)) * nanosOf(part.group(2));
      at = part.end();
    }
    if (rest.isEmpty() || at < rest.length()) {
      throw ApiException.invalid(
          "\"" + text + "\" is neither a time nor a duration such as 1h30m or 10s");
    }
    Duration duration = Duration.ofNanos(Math.round(nanos));
    return negative ? duration.negated() : duration;
  }

  private static double nanosOf(String unit) {
    return switch (unit) {
      case "ns" -> 1;
      case "us", "µs" -> 1e3;
      case "ms" -> 1e6;
      case "s" -> 1e9;
      case "m" -> 60e9;
      case "h" -> 3600e9;
      default -> throw new IllegalArgumentException("not a unit of time: " + unit);
    };
  }

  /** "Less than a second", "5 minutes", as Docker's {@code go-units} words a duration. */
  public static String human(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 1) {
      return "Less than a second";
    }
    if (seconds == 1) {
      return "1 second";
    }
    if (seconds < 60) {
      return seconds + " seconds";
    }
    long minutes = duration.toMinutes();
    if (minutes == 1) {
      return "About a minute";
    }
    if (minutes < 60) {
      return minutes + " minutes";
    }
    long hours = Math.round(minutes / 60.0);
    if (hours == 1) {
      return "About an hour";
    }
    if (hours < 48) {
      return hours + " hours";
    }
    if (hours < 24 * 7 * 2) {
      return hours / 24 + " days";
    }
    if (hours < 24 * 30 * 2) {
      return hours / 24 / 7 + " weeks";
    }
    if (hours < 24 * 365 * 2) {
      return hours / 24 / 30 + " months";
    }
    return hours / 24 / 365 + " years";
  }
}
