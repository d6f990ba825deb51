package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.Reply;
import dev.abode.cli.json.Json;
import dev.abode.cli.terminal.Frames;
import java.io.IOException;

/** {@code abode logs}. */
public final class Logs implements Verb {
  @Override
  public Syntax syntax() {
    return Syntax.of("logs", "[OPTIONS] CONTAINER", "Show the output of a container")
        .flag("details", "Show extra attributes")
        .flag('f', "follow", "Go on with what comes")
        .one("since", "TIME", "From this instant on, or this long ago (10m)")
        .one("until", "TIME", "Up to this instant, or this long ago")
        .one('n', "tail", "LINES", "Only the last lines")
        .flag('t', "timestamps", "Show when each line was written")
        .takes(1, 1)
        .example("abode logs -f --tail 20 box");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    String name = arguments.operand(0);
    Json container = session.api().get(LifecycleVerbs.path(name, "json")).json();
    Reply reply =
        session
            .api()
            .get(
                ApiClient.query(
                    LifecycleVerbs.path(container.text("Id"), "logs"),
                    "stdout",
                    "1",
                    "stderr",
                    "1",
                    "follow",
                    arguments.isOn("follow") ? "1" : "",
                    "timestamps",
                    arguments.isOn("timestamps") ? "1" : "",
                    "details",
                    arguments.isOn("details") ? "1" : "",
                    "since",
                    Timestamps.of("since", arguments.value("since", "")),
                    "until",
                    Timestamps.of("until", arguments.value("until", "")),
                    "tail",
                    arguments.value("tail", "all")));
    try (reply) {
      if (container.isTrue("Config", "Tty")) {
        Frames.copyRaw(reply.body(), session.out());
      } else {
        Frames.copy(reply.body(), session.out(), session.err());
      }
    }
    return 0;
  }
}
