package dev.abode.engine.insight;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What well-known sentences in a program's last lines mean behind walls. */
final class OutputHints {
  private static final Map<String, String> KNOWN =
      Map.of(
          "read-only file system",
          "It wanted to write where it may only read: its root is --read-only, or a mount is :ro.",
          "no space left on device",
          "A file system was full: the host's disk, a --tmpfs with a size, or /dev/shm.",
          "operation not permitted",
          "A wall refused it: a capability that it does not hold, or the system call filter; abode"
              + " explain lists both.",
          "can't fork",
          "It could make no further process: its --pids-limit is reached.",
          "resource temporarily unavailable",
          "It could make no further process: its --pids-limit is reached, perhaps.",
          "address already in use",
          "Its port was taken, which in the host's network is by any process of the host.",
          "exec format error",
          "It started a program for another architecture, or a script without a #! line.",
          "\r: not found",
          "A script has Windows line endings: sed -i 's/\\r$//' on it helps.");

  private OutputHints() {}

  static List<String> of(List<String> lines) {
    List<String> hints = new ArrayList<>();
    String text = String.join("\n", lines).toLowerCase(Locale.ROOT);
    KNOWN.forEach(
        (words, hint) -> {
          if (text.contains(words)) {
            hints.add("It said \"" + words.replace("\r", "\\r") + "\". " + hint);
          }
        });
    hints.sort(null);
    return hints;
  }
}
