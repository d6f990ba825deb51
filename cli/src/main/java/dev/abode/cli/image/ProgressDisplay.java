package dev.abode.cli.image;

import dev.abode.cli.command.Session;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Shows the progress messages of a pull, push or load as Docker's command does: on a terminal a
 * line for each layer, rewritten in place; else a line for each change of state.
 */
public final class ProgressDisplay {

  private static final String CLEAR_LINE = "\u001b[2K\r";

  private final PrintStream to;
  private final boolean terminal;
  private final Map<String, Integer> lines = new LinkedHashMap<>();

  /**
   * Where progress is shown: with the answer, or beside it where the answer is another program's.
   */
  public enum Channel {
    OUTPUT,
    ERRORS
  }

  private ProgressDisplay(PrintStream to, boolean terminal) {
    this.to = to;
    this.terminal = terminal;
  }

  /**
   * Reads messages to their end.
   *
   * @throws ApiException if one of them tells of a failure
   */
  static void show(Session session, Channel channel, InputStream messages, boolean quiet)
      throws IOException {
    PrintStream to =
        switch (channel) {
          case OUTPUT -> session.out();
          case ERRORS -> session.err();
        };
    boolean terminal =
        session.isTerminal(channel == Channel.OUTPUT ? Session.STDOUT : Session.STDERR);
    ProgressDisplay display = new ProgressDisplay(to, terminal);
    for (Json message : Json.parseAll(messages)) {
      String error = message.text("errorDetail", "message");
      if (error.isEmpty()) {
        error = message.text("error");
      }
      if (!error.isEmpty()) {
        to.flush();
        throw new ApiException(500, error);
      }
      if (!quiet) {
        display.show(message);
      }
    }
    to.flush();
  }

  private void show(Json message) {
    String stream = message.text("stream");
    if (!stream.isEmpty()) {
      to.print(stream);
      to.flush();
      return;
    }
    String status = message.text("status");
    String id = message.text("id");
    boolean moving = message.number("progressDetail", "current") > 0;
    if (status.isEmpty() && !moving) {
      return;
    }
    String text = id.isEmpty() ? status : id + ": " + status;
    if (!terminal) {
      if (!moving) {
        to.println(text);
      }
      return;
    }
    if (id.isEmpty()) {
      to.println(text);
      // What comes later for the same layers starts on new lines, below this one.
      lines.clear();
      return;
    }
    String shown = text + (moving ? " " + message.text("progress") : "");
    Integer known = lines.get(id);
    if (known == null) {
      lines.put(id, lines.size());
      to.println(shown);
    } else {
      int up = lines.size() - known;
      to.print("\u001b[" + up + "A");
      to.print(CLEAR_LINE + shown);
      to.print('\r');
      to.print("\u001b[" + up + "B");
    }
    to.flush();
  }
}
