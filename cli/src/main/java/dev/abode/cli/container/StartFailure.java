package dev.abode.cli.container;

import dev.abode.cli.http.ApiException;
import java.util.Locale;

/**
 * The exit status for a program that could not be started. The API has no field for it: Docker's
 * command reads it from the sentence, and so do we, to serve any engine that speaks the API.
 */
final class StartFailure {
  static final int ENGINE = 125;
  static final int NOT_EXECUTABLE = 126;
  static final int NOT_FOUND = 127;

  private StartFailure() {}

  static int status(ApiException refusal) {
    String sentence = String.valueOf(refusal.getMessage()).toLowerCase(Locale.ROOT);
    if (sentence.contains("executable file not found")
        || sentence.contains("no such file or directory")) {
      return NOT_FOUND;
    }
    if (sentence.contains("permission denied")
        || sentence.contains("is a directory")
        || sentence.contains("exec format error")) {
      return NOT_EXECUTABLE;
    }
    return ENGINE;
  }
}
