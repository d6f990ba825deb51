package dev.abode.cli.container;

import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.format.Words;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * {@code --since} and {@code --until}: an instant (RFC 3339, or without a zone for local time),
 * Unix seconds, or a duration that counts back from now.
 */
public final class Timestamps {
  private static final Pattern SECONDS = Pattern.compile("\\d+(\\.\\d{1,9})?");

  private Timestamps() {}

  /**
   * Unix seconds with a fraction, as the API takes them.
   *
   * @throws UsageException if the text is none of the three
   */
  public static String of(String option, String text) {
    if (text.isEmpty() || SECONDS.matcher(text).matches()) {
      return text;
    }
    Instant instant = instant(option, text);
    return "%d.%09d".formatted(instant.getEpochSecond(), instant.getNano());
  }

  private static Instant instant(String option, String text) {
    Optional<Instant> zoned = Words.instant(text);
    if (zoned.isPresent()) {
      return zoned.get();
    }
    try {
      return text.indexOf('T') < 0
          ? LocalDate.parse(text).atStartOfDay(ZoneId.systemDefault()).toInstant()
          : LocalDateTime.parse(text).atZone(ZoneId.systemDefault()).toInstant();
    } catch (DateTimeParseException noDate) {
      return Instant.now().minusNanos(Quantities.nanos(option, text));
    }
  }
}
