package dev.abode.cli.format;

import dev.abode.cli.command.Session;
import java.util.ArrayList;
import java.util.List;

/**
 * Emphasis for a terminal, and none anywhere else: not in a pipe, not where {@code NO_COLOR} is set
 * (no-color.org), not on a terminal that calls itself dumb.
 *
 * @param on whether there is emphasis
 * @param width columns of a line
 */
public record Style(boolean on, int width) {
  private static final int USUAL_WIDTH = 96;

  public static Style of(Session session) {
    boolean on =
        session.isTerminal(Session.STDOUT)
            && session.environment().getOrDefault("NO_COLOR", "").isEmpty()
            && !session.environment().getOrDefault("TERM", "").equals("dumb");
    return new Style(on, width(session.environment().getOrDefault("COLUMNS", "")));
  }

  private static int width(String columns) {
    return columns.matches("[0-9]{2,3}") ? Math.max(40, Integer.parseInt(columns)) : USUAL_WIDTH;
  }

  private String with(int code, String text) {
    return on && !text.isEmpty() ? "\033[" + code + "m" + text + "\033[0m" : text;
  }

  public String strong(String text) {
    return with(1, text);
  }

  public String faint(String text) {
    return with(2, text);
  }

  public String good(String text) {
    return with(32, text);
  }

  public String warning(String text) {
    return with(33, text);
  }

  public String bad(String text) {
    return with(31, text);
  }

  /** Lines of words, none longer than what is left of the width beside {@code indent} columns. */
  public List<String> wrap(String text, int indent) {
    int room = Math.max(24, width - indent);
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > room) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
