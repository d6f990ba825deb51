package dev.abode.cli.command;

import dev.abode.cli.arguments.Arguments;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The question before something is lost. */
public final class Confirmation {
  private Confirmation() {}

  /** Asks before something is lost, unless {@code --force} is given. */
  public static boolean given(Session session, Arguments arguments, String warning)
      throws IOException {
    if (arguments.isOn("force")) {
      return true;
    }
    session.out().print("WARNING! " + warning + "\nAre you sure you want to continue? [y/N] ");
    session.out().flush();
    BufferedReader answers =
        new BufferedReader(new InputStreamReader(session.in(), StandardCharsets.UTF_8));
    String answer = answers.readLine();
    return answer != null && answer.strip().toLowerCase(Locale.ROOT).startsWith("y");
  }
}
