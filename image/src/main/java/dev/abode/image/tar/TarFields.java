package dev.abode.image.tar;

import dev.abode.linux.FileTreeNames;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;

/** The words in which headers are written. */
final class TarFields {
  private TarFields() {}

  /** An octal field, or a base-256 one when its first bit is set. */
  static long number(byte[] block, int offset, int length, String what) throws TarException {
    if ((block[offset] & 0x80) != 0) {
      boolean negative = (block[offset] & 0x40) != 0;
      long value = negative ? -1 : 0;
      for (int i = 0; i < length; i++) {
        int b = block[offset + i] & 0xff;
        if (i == 0) {
          b = negative ? b | 0x80 : b & 0x3f;
        }
        boolean overflow = negative ? value < Long.MIN_VALUE >> 8 : value > Long.MAX_VALUE >> 8;
        if (overflow) {
          throw TarException.malformed("a " + what + " of more than 64 bits");
        }
        value = value << 8 | b;
      }
      return value;
    }
    int start = offset;
    int end = offset + length;
    while (start < end && (block[start] == ' ' || block[start] == 0)) {
      start++;
    }
    long value = 0;
    for (int i = start; i < end && block[i] != ' ' && block[i] != 0; i++) {
      if (block[i] < '0' || block[i] > '7') {
        throw TarException.malformed(
            "a " + what + " that is not a number: this is not a tar, or it is damaged");
      }
      value = value << 3 | (block[i] - '0');
    }
    return value;
  }

  /** Text up to the first NUL. */
  static String field(byte[] block, int offset, int length) {
    int end = offset;
    while (end < offset + length && block[end] != 0) {
      end++;
    }
    return FileTreeNames.decode(Arrays.copyOfRange(block, offset, end));
  }

  static String text(byte[] content) {
    return field(content, 0, content.length);
  }

  /** A number in words of pax. */
  static long decimal(String text, String what) throws TarException {
    try {
      long number = Long.parseLong(text);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, with what it should have been.
    }
    throw TarException.malformed("a " + what + " that is not a number");
  }

  static Instant instant(long seconds, long nanos, String what) throws TarException {
    try {
      return Instant.ofEpochSecond(seconds, nanos);
    } catch (DateTimeException | ArithmeticException e) {
      throw TarException.malformed("a " + what + " beyond all calendars");
    }
  }
}
