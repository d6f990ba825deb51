package dev.abode.engine.criu;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What criu gives as reasons. */
final class CriuErrors {
  private static final int MAX_LOG_BYTES = 64 << 10;
  private static final int MAX_ERRORS = 3;

  /** The source file and line in front of the words are nobody's business. */
  private static final Pattern ERROR = Pattern.compile("Error \\([^)]*\\): (.*)");

  private CriuErrors() {}

  /** Those of its log; "nothing" when there is no such file. */
  static String in(Path log) throws IOException {
    if (!Files.exists(log)) {
      return of("");
    }
    try (InputStream file = Files.newInputStream(log)) {
      return of(new String(file.readNBytes(MAX_LOG_BYTES), StandardCharsets.UTF_8));
    }
  }

  static String of(String said) {
    List<String> errors = new ArrayList<>();
    Matcher matcher = ERROR.matcher(said);
    while (matcher.find()) {
      String words = matcher.group(1).strip();
      // It tries what it can do without, and ends with no news.
      boolean reason =
          !words.startsWith("rlimit:") && !words.startsWith("tun:") && !words.endsWith("FAILED.");
      if (reason && errors.size() < MAX_ERRORS) {
        errors.add(words);
      }
    }
    return errors.isEmpty() ? "nothing" : String.join("; ", errors);
  }
}
