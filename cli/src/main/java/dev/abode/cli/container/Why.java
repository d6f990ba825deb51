package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Style;
import dev.abode.cli.json.Json;
import java.io.IOException;

/** {@code abode why}. */
public final class Why implements Verb {
  @Override
  public Syntax syntax() {
    return Syntax.of("why", "[OPTIONS] CONTAINER", "Tell why a container ended, or did not start")
        .flag("json", "Everything as JSON")
        .takes(1, 1)
        .example("abode why web");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    Json diagnosis =
        session.api().get("/abode" + LifecycleVerbs.path(arguments.operand(0), "why")).json();
    if (arguments.isOn("json")) {
      session.out().println(diagnosis.indented("    "));
    } else {
      session.out().print(text(diagnosis, Style.of(session)));
    }
    return 0;
  }

  private static String text(Json diagnosis, Style style) {
    StringBuilder text = new StringBuilder();
    String verdict = String.join("\n", style.wrap(shown(diagnosis.text("Verdict")), 0));
    text.append(style.strong(verdict)).append('\n');
    for (String finding : diagnosis.texts("Findings")) {
      bullet(text, style, "  ", shown(finding));
    }
    if (!diagnosis.texts("LastLines").isEmpty()) {
      text.append("\nIts last lines:\n");
      for (String line : diagnosis.texts("LastLines")) {
        text.append("  ").append(style.faint("| " + shown(line))).append('\n');
      }
    }
    if (!diagnosis.texts("Tries").isEmpty()) {
      text.append("\nTo try:\n");
      diagnosis
          .texts("Tries")
          .forEach(trial -> text.append("  ").append(shown(trial)).append('\n'));
    }
    return text.toString();
  }

  private static void bullet(StringBuilder text, Style style, String indent, String sentence) {
    for (String line : style.wrap(sentence, indent.length())) {
      text.append(indent).append(line).append('\n');
    }
  }

  /** What a program wrote must not steer the terminal of who reads about it. */
  private static String shown(String line) {
    StringBuilder shown = new StringBuilder();
    line.codePoints()
        .forEach(
            point -> {
              boolean control = Character.isISOControl(point) && point != '\t';
              shown.append(
                  control ? "\\x" + Integer.toHexString(point) : Character.toString(point));
            });
    return shown.toString();
  }
}
