package dev.abode.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A Markdown document of the project and the shell blocks in it.
 *
 * <p>The words behind the three backquotes say what becomes of a block:
 *
 * <ul>
 *   <li>{@code sh}: it is run, and every command in it must succeed;
 *   <li>{@code sh fails}: it is run, and its last command must fail, as the text around it says;
 *   <li>{@code sh not-run: REASON}: it is shown to the reader only;
 *   <li>{@code output}, directly behind one of those: what the block prints. {@code …} in a line
 *       stands for anything, and alone on a line for any number of lines.
 * </ul>
 *
 * @param blocks the shell blocks in their order
 */
record Document(Path file, List<Block> blocks) {
  private static final String FENCE = "```";
  private static final String NOT_RUN = "sh not-run: ";

  /** What is to become of a block. */
  enum Fate {
    SUCCEEDS,
    FAILS,
    NOT_RUN
  }

  /**
   * One shell block.
   *
   * @param line of the document at which it begins, counted from 1
   * @param output what the document says that it prints; empty if it says nothing
   */
  record Block(int line, Fate fate, String script, Optional<String> output) {
    /** Whether what was printed is what the document shows. */
    boolean describes(String printed) {
      return output.isEmpty() || pattern(output.get()).matcher(trimmed(printed)).matches();
    }
  }

  /**
   * Reads a document.
   *
   * @throws IllegalArgumentException if a block says something that means nothing, or has no end
   */
  static Document read(Path file) throws IOException {
    return of(file, Files.readAllLines(file));
  }

  static Document of(Path file, List<String> lines) {
    List<Block> blocks = new ArrayList<>();
    boolean adjacent = false;
    for (int at = 0; at < lines.size(); at++) {
      if (!lines.get(at).startsWith(FENCE)) {
        adjacent &= lines.get(at).isBlank();
        continue;
      }
      String info = lines.get(at).substring(FENCE.length()).strip();
      int begin = at + 1;
      at = end(file, lines, begin);
      String text = String.join("\n", lines.subList(begin, at)) + "\n";
      if (info.equals("output")) {
        if (!adjacent) {
          throw new IllegalArgumentException(file + ":" + begin + ": output of no shell block");
        }
        Block shown = blocks.removeLast();
        blocks.add(new Block(shown.line(), shown.fate(), shown.script(), Optional.of(text)));
        adjacent = false;
      } else if (info.equals("sh") || info.startsWith("sh ")) {
        blocks.add(new Block(begin, fate(file, begin, info), text, Optional.empty()));
        adjacent = true;
      } else if (text.lines().anyMatch(line -> line.matches("(\\./)?(abode|docker) .*"))) {
        throw new IllegalArgumentException(
            file + ":" + begin + ": commands in a block that is not marked as sh");
      } else {
        adjacent = false;
      }
    }
    return new Document(file, List.copyOf(blocks));
  }

  private static int end(Path file, List<String> lines, int begin) {
    for (int at = begin; at < lines.size(); at++) {
      if (lines.get(at).equals(FENCE)) {
        return at;
      }
    }
    throw new IllegalArgumentException(file + ":" + begin + ": a block without an end");
  }

  private static Fate fate(Path file, int line, String info) {
    if (info.equals("sh")) {
      return Fate.SUCCEEDS;
    }
    if (info.equals("sh fails")) {
      return Fate.FAILS;
    }
    if (info.startsWith(NOT_RUN) && info.length() > NOT_RUN.length()) {
      return Fate.NOT_RUN;
    }
    throw new IllegalArgumentException(
        file + ":" + line + ": \"" + info + "\" is none of: sh, sh fails, sh not-run: REASON");
  }

  private static Pattern pattern(String shown) {
    StringBuilder pattern = new StringBuilder();
    for (String line : trimmed(shown).lines().toList()) {
      if (line.strip().equals("…")) {
        pattern.append("(?:.*\n)*?");
        continue;
      }
      for (String piece : line.splitWithDelimiters("…", -1)) {
        pattern.append(piece.equals("…") ? ".*" : Pattern.quote(piece));
      }
      pattern.append('\n');
    }
    return Pattern.compile(pattern.toString());
  }

  /** Without blanks at the ends of lines and of the whole, and with a newline at the end. */
  private static String trimmed(String text) {
    return text.strip().replaceAll("[ \r]+\n", "\n") + "\n";
  }
}
