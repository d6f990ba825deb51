package dev.abode.cli.doctor;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Listing;
import dev.abode.cli.format.Style;
import dev.abode.cli.json.Json;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code abode doctor}; needs no engine and starts none. */
public final class Doctor implements Verb {
  private static final Path DEFAULT_ROOT = Path.of("/var/lib/abode");
  private static final Listing TABLE =
      Listing.of("Verdict", "VERDICT", "Name", "WHAT", "Found", "FOUND", "Mend", "HOW TO MEND");

  @Override
  public Syntax syntax() {
    return Syntax.of(
            "doctor",
            "[OPTIONS]",
            "Look whether this host has what the engine needs; exit status 1 if not")
        .one("format", "FORMAT", "table, json, or a Go template")
        .flag("json", "Everything as one JSON array")
        .takes(0, 0)
        .example("abode doctor")
        .example("abode doctor --format '{{.Verdict}} {{.Name}}'");
  }

  @Override
  public int run(Session session, Arguments arguments) {
    Path root = session.address().root().orElse(DEFAULT_ROOT);
    List<Check> checks = Examination.of(new Host(Path.of("/")), root);
    List<Json> rows = new ArrayList<>();
    for (Check check : checks) {
      rows.add(
          Json.object()
              .with("Verdict", check.verdict().word())
              .with("Name", check.name())
              .with("Found", check.found())
              .with("Mend", check.mend()));
    }
    if (arguments.isOn("json")) {
      session.out().println(new Json.Items(rows).indented("    "));
    } else if (arguments.isGiven("format")) {
      TABLE.print(session.out(), arguments.value("format"), rows);
    } else {
      print(session.out(), Style.of(session), checks);
    }
    return checks.stream().anyMatch(c -> c.verdict() == Check.Verdict.MISSING) ? 1 : 0;
  }

  private static void print(PrintStream out, Style style, List<Check> checks) {
    int width = checks.stream().mapToInt(check -> check.name().length()).max().orElse(0);
    int indent = width + 11;
    for (Check check : checks) {
      String word = check.verdict().word();
      String colored =
          switch (check.verdict()) {
            case OK -> style.good(word);
            case WARN -> style.warning(word);
            case MISSING -> style.bad(word);
          };
      out.print(colored + " ".repeat(9 - word.length()));
      out.print(check.name() + " ".repeat(width - check.name().length() + 2));
      wrapped(out, style.wrap(check.found(), indent), indent);
      if (!check.mend().isEmpty()) {
        out.print(" ".repeat(indent));
        wrapped(out, style.wrap("→ " + check.mend(), indent), indent);
      }
    }
    long warnings = checks.stream().filter(c -> c.verdict() == Check.Verdict.WARN).count();
    long missing = checks.stream().filter(c -> c.verdict() == Check.Verdict.MISSING).count();
    out.println();
    if (missing > 0) {
      out.println(style.bad("The engine will not work here before what is missing is mended."));
    } else if (warnings > 0) {
      out.println("The engine works here; " + warnings + " of these could be better.");
    } else {
      out.println(style.good("This host has everything."));
    }
  }

  private static void wrapped(PrintStream out, List<String> lines, int indent) {
    for (int i = 0; i < lines.size(); i++) {
      out.println((i == 0 ? "" : " ".repeat(indent)) + lines.get(i));
    }
  }
}
