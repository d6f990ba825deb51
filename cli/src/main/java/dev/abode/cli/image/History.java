package dev.abode.cli.image;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Listing;
import dev.abode.cli.format.Words;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** {@code abode history}. */
public final class History implements Verb {
  private static final Listing LISTING =
      Listing.of(
          "ID",
          "IMAGE",
          "CreatedSince",
          "CREATED",
          "CreatedBy",
          "CREATED BY",
          "Size",
          "SIZE",
          "Comment",
          "COMMENT");
  private static final int COMMAND_LENGTH = 45;

  @Override
  public Syntax syntax() {
    return Syntax.of("history", "[OPTIONS] IMAGE", "Show how an image was made")
        .one("format", "FORMAT", "table, json, or a Go template")
        .flag('H', "human", "Sizes and ages in words; on unless =false")
        .flag("no-trunc", "Do not shorten")
        .flag('q', "quiet", "Only IDs")
        .one("platform", "OS/ARCH", "Platform of the image")
        .takes(1, 1)
        .example("abode history alpine");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    boolean whole = arguments.isOn("no-trunc");
    boolean human = !arguments.isGiven("human") || arguments.isOn("human");
    Json history =
        session
            .api()
            .get(
                ApiClient.query(
                    ImageVerbs.path(arguments.operand(0), "/history"),
                    "platform",
                    arguments.value("platform", "")))
            .json();
    List<Json> rows = new ArrayList<>();
    for (Json layer : history.items()) {
      String id = layer.text("Id");
      String command = layer.text("CreatedBy").replace('\t', ' ');
      Instant created = Instant.ofEpochSecond(layer.number("Created"));
      rows.add(
          Json.object()
              .with("Comment", layer.text("Comment"))
              .with("CreatedAt", created.toString())
              .with("CreatedBy", whole ? command : Words.cut(command, COMMAND_LENGTH))
              .with("CreatedSince", human ? Words.ago(created) : created.toString())
              .with("ID", whole ? id : Words.shortId(id))
              .with("Size", human ? Words.size(layer.number("Size")) : layer.text("Size")));
    }
    if (arguments.isOn("quiet")) {
      rows.forEach(row -> session.out().println(row.text("ID")));
    } else {
      LISTING.print(session.out(), arguments.value("format"), rows);
    }
    return 0;
  }
}
