package dev.abode.cli.doctor;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files by which a host tells about itself.
 *
 * @param top {@code /}, or the folder of a host that a test made up
 */
record Host(Path top) {
  private static final Pattern NUMBERS = Pattern.compile("^(\\d+)\\.(\\d+)");

  Path path(String absolute) {
    return top.resolve(absolute.substring(1));
  }

  boolean has(String absolute) {
    return Files.exists(path(absolute));
  }

  /** The content of a file, empty when there is none that can be read. */
  String text(String absolute) {
    // Numbers below /proc/sys are told to one read, and are at their end for a second one.
    byte[] buffer = new byte[64 << 10];
    try (InputStream in = new FileInputStream(path(absolute).toFile())) {
      ByteArrayOutputStream content = new ByteArrayOutputStream();
      for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
        content.write(buffer, 0, count);
      }
      return content.toString(StandardCharsets.ISO_8859_1).strip();
    } catch (IOException unreadable) {
      return "";
    }
  }

  List<String> lines(String absolute) {
    return text(absolute).lines().toList();
  }

  /** A whole number, 0 when there is none. */
  long number(String absolute) {
    String digits = text(absolute).replaceAll("^(\\d*).*$", "$1");
    return digits.isEmpty() ? 0 : Long.parseLong(digits);
  }

  String release() {
    return text("/proc/sys/kernel/osrelease");
  }

  boolean kernelAtLeast(int major, int minor) {
    Matcher numbers = NUMBERS.matcher(release());
    if (!numbers.find()) {
      return false;
    }
    int foundMajor = Integer.parseInt(numbers.group(1));
    int foundMinor = Integer.parseInt(numbers.group(2));
    return foundMajor > major || (foundMajor == major && foundMinor >= minor);
  }

  /** Whether the kernel has a part, loaded, built in, or as a module that it can load. */
  boolean hasModule(String module, String symbol) {
    String file = "/" + module + ".ko";
    return has("/sys/module/" + module)
        || contains("/lib/modules/" + release() + "/modules.builtin", file)
        || contains("/lib/modules/" + release() + "/modules.dep", file)
        || contains("/proc/kallsyms", " " + symbol);
  }

  private boolean contains(String absolute, String needle) {
    try (Stream<String> lines = Files.lines(path(absolute), StandardCharsets.ISO_8859_1)) {
      return lines.anyMatch(line -> line.contains(needle));
    } catch (IOException | UncheckedIOException unreadable) {
      return false;
    }
  }

  /** The type of the file system that {@code folder}, or its nearest parent, is on. */
  String fileSystemOf(Path folder) {
    String best = "";
    String type = "";
    for (String line : lines("/proc/self/mountinfo")) {
      String[] halves = line.split(" - ", 2);
      String[] fields = halves[0].split(" ", -1);
      if (halves.length == 2 && fields.length > 4) {
        String point = fields[4];
        boolean above = point.equals("/") || folder.startsWith(Path.of(point));
        if (above && point.length() >= best.length()) {
          best = point;
          type = halves[1].split(" ", -1)[0];
        }
      }
    }
    return type;
  }

  /** Where a program is, by the {@code PATH} of an engine. */
  Optional<String> program(String name) {
    for (String folder : List.of("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")) {
      if (Files.isExecutable(path(folder + "/" + name))) {
        return Optional.of(folder + "/" + name);
      }
    }
    return Optional.empty();
  }
}
