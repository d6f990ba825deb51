package dev.abode.image.tar;

import dev.abode.linux.FileTreeNames;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the pax headers in front of an entry, or of all entries, say (POSIX.1-2008 "pax Interchange
 * Format"). Not safe for several threads.
 */
final class PaxRecords {
  private static final String ATTRIBUTE = "SCHILY.xattr.";
  private static final String LIBARCHIVE_ATTRIBUTE = "LIBARCHIVE.xattr.";

  private final Map<String, byte[]> records = new HashMap<>();
  private final List<String> sparse00 = new ArrayList<>();

  /** Takes the rest from {@code others}. */
  void complete(PaxRecords others) {
    others.records.forEach(records::putIfAbsent);
  }

  /** {@code length key=value\n}…; an empty value takes a record back. */
  void read(byte[] content) throws TarException {
    int at = 0;
    while (at < content.length) {
      int space = at;
      while (space < content.length && content[space] != ' ') {
        space++;
      }
      if (space == content.length || space - at > 10 || space == at) {
        // Some writers fill the block with NULs.
        if (content[at] == 0) {
          return;
        }
        throw TarException.malformed("a pax record without a length");
      }
      long length =
          TarFields.decimal(
              new String(content, at, space - at, StandardCharsets.US_ASCII), "pax record");
      long end = at + length;
      if (length < space - at + 3 || end > content.length || content[(int) end - 1] != '\n') {
        throw TarException.malformed("a pax record of a wrong length");
      }
      int equals = space + 1;
      while (equals < end && content[equals] != '=') {
        equals++;
      }
      if (equals >= end - 1 && (equals == end || content[equals] != '=')) {
        throw TarException.malformed("a pax record without '='");
      }
      String key = new String(content, space + 1, equals - space - 1, StandardCharsets.UTF_8);
      byte[] value = Arrays.copyOfRange(content, equals + 1, (int) end - 1);
      if (key.equals("GNU.sparse.offset") || key.equals("GNU.sparse.numbytes")) {
        sparse00.add(new String(value, StandardCharsets.US_ASCII));
      } else if (value.length == 0 && !key.startsWith(ATTRIBUTE)) {
        records.remove(key);
      } else {
        records.put(key, value);
      }
      at = (int) end;
    }
    records.keySet().removeIf(key -> key.startsWith(LIBARCHIVE_ATTRIBUTE));
  }

  boolean has(String key) {
    return records.containsKey(key);
  }

  /** The value of a key, empty when it has none. */
  String text(String key) {
    return FileTreeNames.decode(Optional.ofNullable(records.get(key)).orElse(new byte[0]));
  }

  long decimal(String key) throws TarException {
    return TarFields.decimal(text(key), key);
  }

  /** Seconds with an optional fraction, possibly negative. */
  Instant time(String key) throws TarException {
    String text = text(key);
    int dot = text.indexOf('.');
    try {
      String whole = dot < 0 ? text : text.substring(0, dot);
      String fraction = dot < 0 ? "" : text.substring(dot + 1);
      boolean negative = whole.startsWith("-");
      long seconds = whole.isEmpty() || whole.equals("-") ? 0 : Long.parseLong(whole);
      String nine = (fraction + "000000000").substring(0, 9);
      long nanos = nine.chars().allMatch(c -> c >= '0' && c <= '9') ? Long.parseLong(nine) : -1;
      if (nanos < 0) {
        throw TarException.malformed("a " + key + " that is not a time");
      }
      return TarFields.instant(seconds, negative ? -nanos : nanos, key);
    } catch (NumberFormatException e) {
      throw TarException.malformed("a " + key + " that is not a time");
    }
  }

  /** GNU's sparse map 0.0, whose keys come again and again: an offset, a length, an offset … */
  List<String> sparse00() {
    return List.copyOf(sparse00);
  }

  /** Extended attributes by name. */
  Map<String, byte[]> attributes() {
    Map<String, byte[]> attributes = new HashMap<>();
    records.forEach(
        (key, value) -> {
          if (key.startsWith(ATTRIBUTE)) {
            attributes.put(key.substring(ATTRIBUTE.length()), value);
          }
        });
    return attributes;
  }
}
