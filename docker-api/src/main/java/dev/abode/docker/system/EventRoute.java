package dev.abode.docker.system;

import dev.abode.docker.filter.Filters;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.route.Call;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.EventStream;
import dev.abode.engine.instance.Event;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;

/** {@code GET /events}: what happens, as it happens. */
final class EventRoute {
  private static final Set<String> FILTERS =
      Set.of(
          "type",
          "event",
          "container",
          "image",
          "label",
          "label!",
          "volume",
          "network",
          "daemon",
          "scope",
          "plugin",
          "service",
          "node",
          "secret",
          "config");

  private final Engine engine;

  EventRoute(Engine engine) {
    this.engine = engine;
  }

  void events(Call call) throws IOException, InterruptedException {
    Filters filters = Filters.parse(call.query().text("filters"), FILTERS);
    Instant now = Instant.now();
    Optional<Instant> since = call.query().text("since").map(text -> GoTime.parse(text, now));
    Optional<Instant> until = call.query().text("until").map(text -> GoTime.parse(text, now));
    try (EventStream stream = engine.events(since, until)) {
      OutputStream answer = call.exchange().stream(200, "application/json");
      answer.flush();
      call.exchange().whenClientLeaves(stream::close);
      Optional<Event> next = stream.next();
      while (next.isPresent()) {
        if (matches(next.get(), filters)) {
          answer.write(document(next.get()).bytes());
          answer.write('\n');
          answer.flush();
        }
        next = stream.next();
      }
    }
  }

  static boolean matches(Event event, Filters filters) {
    return filters.is("type", event.type())
        && filters.any("event", wanted -> isAction(event.action(), wanted))
        && about(event, filters, "container")
        && about(event, filters, "volume")
        && about(event, filters, "network")
        && filters.any("image", wanted -> isAboutImage(event, wanted))
        && filters.labels(event.attributes())
        && filters.is("scope", "local")
        && !filters.has("plugin")
        && !filters.has("service")
        && !filters.has("node")
        && !filters.has("secret")
        && !filters.has("config")
        && (!filters.has("daemon") || event.type().equals("daemon"));
  }

  /** {@code exec_start} stands for {@code exec_start: sh -c …} too. */
  private static boolean isAction(String action, String wanted) {
    return action.equals(wanted) || action.startsWith(wanted + ":");
  }

  private static boolean about(Event event, Filters filters, String type) {
    return filters.any(
        type,
        wanted ->
            event.type().equals(type)
                && (event.actorId().startsWith(wanted)
                    || wanted.equals(event.attributes().get("name"))));
  }

  private static boolean isAboutImage(Event event, String wanted) {
    String image =
        event.type().equals("image")
            ? event.attributes().getOrDefault("name", event.actorId())
            : event.attributes().getOrDefault("image", "");
    return event.actorId().equals(wanted)
        || image.equals(wanted)
        || image.startsWith(wanted + ":")
        || image.startsWith(wanted + "@");
  }

  static JsonDocument document(Event event) {
    JsonDocument document = new JsonDocument();
    // The members before Type are those of API 1.21, which clients still read.
    if (event.type().equals("container") || event.type().equals("image")) {
      document.with("status", event.action()).with("id", event.actorId());
      document.withIfPresent("from", Optional.ofNullable(event.attributes().get("image")));
    }
    long nanos = ChronoUnit.NANOS.between(Instant.EPOCH, event.time());
    return document
        .with("Type", event.type())
        .with("Action", event.action())
        .with(
            "Actor",
            new JsonDocument().with("ID", event.actorId()).with("Attributes", event.attributes()))
        .with("scope", "local")
        .with("time", event.time().getEpochSecond())
        .with("timeNano", nanos);
  }
}
