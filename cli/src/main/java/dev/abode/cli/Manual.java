package dev.abode.cli;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Option;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.command.Version;
import java.util.ArrayList;
import java.util.List;

/** {@code abode manual}: the manual page, made of the definitions that are parsed. */
final class Manual implements Verb {
  @Override
  public Syntax syntax() {
    return Syntax.of("manual", "", "Print the manual page, for man(1)")
        .takes(0, 0)
        .example("abode manual >/usr/local/share/man/man1/abode.1")
        .example("abode manual | man -l -");
  }

  @Override
  public int run(Session session, Arguments arguments) {
    session.out().print(page());
    return 0;
  }

  static String page() {
    StringBuilder page = new StringBuilder();
    page.append(".TH ABODE 1 \"\" \"abode ").append(Version.PRODUCT).append("\"\n");
    page.append(".SH NAME\nabode \\- one engine for containers and virtual machines\n");
    page.append(".SH SYNOPSIS\n.B abode\n[\\-\\-host unix://PATH] VERB [OPTIONS]\n");
    page.append(".SH DESCRIPTION\n");
    page.append(escaped("Runs images as containers or virtual machines, and serves the Docker"));
    page.append(escaped(" Engine API. The engine is looked for at --host, ABODE_HOST,"));
    page.append(escaped(" DOCKER_HOST, then /run/abode/abode.sock, and started if none"));
    page.append(escaped(" listens at the last of them.")).append('\n');
    page.append(".SH VERBS\n");
    List<String> names = new ArrayList<>(Verbs.COMMON);
    names.addAll(Verbs.OTHER);
    names.addAll(Verbs.GROUPED);
    for (String name : names) {
      Verbs.named(name).ifPresent(verb -> describe(page, verb.syntax()));
    }
    page.append(".SH ENVIRONMENT\n");
    for (String[] variable :
        new String[][] {
          {"ABODE_HOST, DOCKER_HOST", "where the engine listens, unix:///run/abode/abode.sock"},
          {"ABODE_ROOT", "the root folder of the engine that is started if none listens"},
          {"NO_COLOR", "when set, no emphasis"}
        }) {
      page.append(".TP\n.B ").append(escaped(variable[0])).append('\n');
      page.append(escaped(variable[1])).append('\n');
    }
    page.append(".SH EXIT STATUS\n");
    page.append(escaped("Of run and exec the workload's own; 125 where the engine refused, 126"));
    page.append(escaped(" where the program cannot be executed, 127 where it does not exist."));
    page.append(escaped(" Of every other verb 0, or 1 where something failed.")).append('\n');
    return page.toString();
  }

  private static void describe(StringBuilder page, Syntax syntax) {
    page.append(".SS ")
        .append(escaped("abode " + syntax.name() + " " + syntax.operands()))
        .append('\n');
    page.append(escaped(syntax.summary())).append(".\n");
    for (Option option : syntax.options()) {
      String letter = option.letter().map(l -> "-" + l + ", ").orElse("");
      page.append(".TP\n.B ")
          .append(escaped(letter + "--" + option.name() + " " + option.placeholder()))
          .append('\n')
          .append(escaped(option.description()))
          .append('\n');
    }
    for (String example : syntax.examples()) {
      page.append(".PP\n.EX\n").append(escaped(example)).append("\n.EE\n");
    }
  }

  /** Text in which nothing means anything to troff. */
  private static String escaped(String text) {
    String safe = text.strip().replace("\\", "\\e").replace("-", "\\-");
    String spaced = text.startsWith(" ") ? " " + safe : safe;
    return spaced.startsWith(".") || spaced.startsWith("'") ? "\\&" + spaced : spaced;
  }
}
