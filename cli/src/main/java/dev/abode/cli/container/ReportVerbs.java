package dev.abode.cli.container;

import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.ArchiveOutput;
import dev.abode.cli.command.Confirmation;
import dev.abode.cli.command.Filters;
import dev.abode.cli.command.OneVerb;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Table;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.Reply;
import dev.abode.cli.json.Json;
import dev.abode.cli.prune.Pruning;
import java.util.List;

/** Verbs that show or save something of a container: one question, one answer. */
public final class ReportVerbs {
  private ReportVerbs() {}

  public static Verb top() {
    return new OneVerb(
        Syntax.of("top", "CONTAINER [PS OPTIONS]", "Show the processes of a container")
            .optionsFirst()
            .atLeast(1)
            .example("abode top box"),
        (session, arguments) -> {
          List<String> options = arguments.operands().subList(1, arguments.operands().size());
          Json answer =
              session
                  .api()
                  .get(
                      ApiClient.query(
                          LifecycleVerbs.path(arguments.operand(0), "top"),
                          "ps_args",
                          String.join(" ", options)))
                  .json();
          Table table = new Table();
          table.add(answer.texts("Titles").toArray(String[]::new));
          for (Json process : answer.items("Processes")) {
            table.add(process.texts().toArray(String[]::new));
          }
          session.out().print(table.text());
        });
  }

  public static Verb diff() {
    return new OneVerb(
        Syntax.of("diff", "CONTAINER", "Show what changed in a container's file system")
            .takes(1, 1)
            .example("abode diff box"),
        (session, arguments) -> {
          Json changes =
              session.api().get(LifecycleVerbs.path(arguments.operand(0), "changes")).json();
          for (Json change : changes.items()) {
            char kind = "CAD".charAt((int) change.number("Kind"));
            session.out().println(kind + " " + change.text("Path"));
          }
        });
  }

  public static Verb commit() {
    return new OneVerb(
        Syntax.of(
                "commit",
                "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
                "Make an image of a container's file system")
            .one('a', "author", "NAME", "Author")
            .many('c', "change", "INSTRUCTION", "Dockerfile instruction to apply")
            .one('m', "message", "TEXT", "Message")
            .flag('p', "pause", "Pause the container meanwhile; on unless =false")
            .takes(1, 2)
            .example("abode commit -c 'CMD [\"sh\"]' box mine:1"),
        (session, arguments) -> {
          String reference = arguments.operands().size() == 2 ? arguments.operand(1) : "";
          int colon = reference.lastIndexOf(':');
          boolean tagged = colon > reference.lastIndexOf('/');
          boolean pause = !arguments.isGiven("pause") || arguments.isOn("pause");
          Json answer =
              session
                  .api()
                  .post(
                      ApiClient.query(
                          "/commit",
                          "container",
                          arguments.operand(0),
                          "repo",
                          tagged ? reference.substring(0, colon) : reference,
                          "tag",
                          tagged ? reference.substring(colon + 1) : "",
                          "author",
                          arguments.value("author", ""),
                          "comment",
                          arguments.value("message", ""),
                          "pause",
                          pause ? "1" : "0",
                          "changes",
                          String.join("\n", arguments.all("change"))),
                      Json.object())
                  .json();
          session.out().println(answer.text("Id"));
        });
  }

  public static Verb export() {
    return new OneVerb(
        Syntax.of(
                "export", "[OPTIONS] CONTAINER", "Write a container's file system as a tar archive")
            .one('o', "output", "FILE", "Write to a file instead of standard output")
            .takes(1, 1)
            .example("abode export -o box.tar box"),
        (session, arguments) -> {
          ArchiveOutput.refuseTerminal(session, arguments);
          try (Reply reply =
              session.api().get(LifecycleVerbs.path(arguments.operand(0), "export"))) {
            ArchiveOutput.save(session, arguments, reply);
          }
        });
  }

  public static Verb prune() {
    return new OneVerb(
        Syntax.of("container prune", "[OPTIONS]", "Remove all stopped containers")
            .many("filter", "KEY=VALUE", "Only those that match: until, label")
            .flag('f', "force", "Do not ask")
            .takes(0, 0)
            .example("abode container prune -f"),
        (session, arguments) -> {
          if (!Confirmation.given(session, arguments, "This removes all stopped containers.")) {
            return;
          }
          Filters filters = Filters.of(arguments.all("filter"));
          Pruning.tellReclaimed(session, Pruning.of(session, "containers", "Containers", filters));
        });
  }
}
