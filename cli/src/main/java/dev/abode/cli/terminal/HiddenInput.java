package dev.abode.cli.terminal;

import dev.abode.cli.command.Session;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Reading a line that must not be seen. */
public final class HiddenInput {
  private static final int CTRL_C = 3;
  private static final int BACKSPACE = 8;
  private static final int DELETE = 127;

  private HiddenInput() {}

  /**
   * Reads a line from the terminal on standard input without showing it.
   *
   * @throws IOException if the user pressed Ctrl-C, or the input ended
   */
  public static String readLine(Session session) throws IOException {
    try (RawMode _ = RawMode.enter()) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      while (true) {
        int key = session.in().read();
        if (key < 0 || key == CTRL_C) {
          throw new IOException("no password was given");
        } else if (key == '\r' || key == '\n') {
          return line.toString(StandardCharsets.UTF_8);
        } else if (key == BACKSPACE || key == DELETE) {
          byte[] typed = line.toByteArray();
          line.reset();
          line.write(typed, 0, Math.max(0, typed.length - 1));
        } else {
          line.write(key);
        }
      }
    }
  }
}
