package dev.abode.cli.system;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Filters;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.container.Timestamps;
import dev.abode.cli.format.Template;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.Reply;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/** {@code abode events}. */
public final class Events implements Verb {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.nnnnnnnnnXXX", Locale.ROOT);

  @Override
  public Syntax syntax() {
    return Syntax.of("events", "[OPTIONS]", "Show what happens, as it happens")
        .many(
            'f',
            "filter",
            "KEY=VALUE",
            "Only those that match: type, event, container, image, label")
        .one("format", "FORMAT", "json, or a Go template")
        .one("since", "TIME", "From this instant on, or this long ago (10m)")
        .one("until", "TIME", "Up to this instant, then end")
        .takes(0, 0)
        .example("abode events --since 10m --filter type=container");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    String path =
        ApiClient.query(
            "/events",
            "since",
            Timestamps.of("since", arguments.value("since", "")),
            "until",
            Timestamps.of("until", arguments.value("until", "")),
            "filters",
            Filters.of(arguments.all("filter")).query());
    String format = arguments.value("format", "");
    Optional<Template> template =
        format.isEmpty() || format.equals("json")
            ? Optional.empty()
            : Optional.of(Template.parse(Template.unescape(format)));
    try (Reply reply = session.api().get(path)) {
      for (Json event : Json.parseAll(reply.body())) {
        session
            .out()
            .println(
                template.isPresent()
                    ? template.get().apply(event)
                    : format.equals("json") ? event.compact() : line(event));
        session.out().flush();
      }
    }
    return 0;
  }

  static String line(Json event) {
    long nanos = event.number("timeNano");
    Instant time =
        nanos > 0 ? Instant.ofEpochSecond(0, nanos) : Instant.ofEpochSecond(event.number("time"));
    StringJoiner attributes = new StringJoiner(", ");
    event.fields("Actor", "Attributes").entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            attribute -> attributes.add(attribute.getKey() + "=" + attribute.getValue().text()));
    String line =
        TIME.format(time.atZone(ZoneId.systemDefault()))
            + " "
            + event.text("Type")
            + " "
            + event.text("Action")
            + " "
            + event.text("Actor", "ID");
    return attributes.length() == 0 ? line : line + " (" + attributes + ")";
  }
}
