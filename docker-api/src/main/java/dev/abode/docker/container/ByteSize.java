package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes such as {@code 64m} or {@code 1.5GiB}, as Docker's go-units reads them: powers of 1024. */
final class ByteSize {
  private static final Pattern FORM =
      Pattern.compile("(\\d{1,15}(?:\\.\\d{1,6})?) ?([kmgtp]?)i?b?");

  private ByteSize() {}

  /**
   * Reads a size in bytes.
   *
   * @throws ApiException with status 400 if it is none
   */
  static long parse(String text) {
    Matcher form = FORM.matcher(text.toLowerCase(Locale.ROOT));
    if (!form.matches()) {
      throw ApiException.invalid("invalid size: '" + text + "'; expected for example 64m or 1g");
    }
    int shift =
        switch (form.group(2)) {
          case "k" -> 10;
          case "m" -> 20;
          case "g" -> 30;
          case "t" -> 40;
          case "p" -> 50;
          default -> 0;
        };
    double bytes = Double.parseDouble(form.group(1)) * (1L << shift);
    if (bytes >= Long.MAX_VALUE) {
      throw ApiException.invalid("the size '" + text + "' is larger than anything");
    }
    return (long) bytes;
  }
}
