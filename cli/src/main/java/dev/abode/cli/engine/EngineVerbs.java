package dev.abode.cli.engine;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Template;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** {@code abode engine status} and {@code abode engine stop}; neither starts one. */
public final class EngineVerbs {
  private static final String SENTENCE =
      "engine {{.Version}} listens on unix://{{.Socket}}{{if .Pid}}, process {{.Pid}}{{end}}"
          + " (root {{.Root}}): {{.ContainersRunning}} of {{.Containers}} containers running";

  private EngineVerbs() {}

  /** A verb on the engine's process. */
  private interface Action {
    int run(Session session, Arguments arguments) throws IOException, InterruptedException;
  }

  private record EngineVerb(Syntax syntax, Action action) implements Verb {
    @Override
    public int run(Session session, Arguments arguments) throws IOException, InterruptedException {
      return action.run(session, arguments);
    }
  }

  public static Verb status() {
    return new EngineVerb(
        Syntax.of(
                "engine status",
                "[OPTIONS]",
                "Tell whether an engine listens; exit status 3 if none does")
            .one('f', "format", "FORMAT", "json, or a Go template")
            .takes(0, 0)
            .example("abode engine status --format '{{.Pid}}'"),
        EngineVerbs::status);
  }

  private static int status(Session session, Arguments arguments) throws IOException {
    Path socket = session.address().socket();
    try (ApiClient api = new ApiClient(socket)) {
      if (!api.isListening()) {
        session.err().println("abode: no engine listens on unix://" + socket);
        return 3;
      }
      Json info = api.get("/info").json();
      Json.Fields status =
          Json.object()
              .with("Version", info.at("ServerVersion"))
              .with("Socket", socket.toString())
              .with("Root", info.at("DockerRootDir"))
              .with("Containers", info.at("Containers"))
              .with("ContainersRunning", info.at("ContainersRunning"));
      EnginePid.read(socket).ifPresent(engine -> status.with("Pid", Json.of(engine.pid())));
      String format = arguments.value("format", "");
      session
          .out()
          .println(
              format.equals("json")
                  ? status.compact()
                  : Template.parse(Template.unescape(format.isEmpty() ? SENTENCE : format))
                      .apply(status));
      return 0;
    }
  }

  public static Verb stop() {
    return new EngineVerb(
        Syntax.of("engine stop", "", "Stop the engine; containers go on running")
            .takes(0, 0)
            .example("abode engine stop"),
        (session, arguments) -> {
          Path socket = session.address().socket();
          Optional<ProcessHandle> engine = EnginePid.read(socket);
          if (engine.isEmpty()) {
            session.err().println("abode: no engine of ours listens on " + socket);
            return 1;
          }
          String running;
          try (ApiClient api = new ApiClient(socket)) {
            running = containers(api.get("/info").json().number("ContainersRunning"));
          }
          engine.get().destroy();
          EnginePid.awaitEnd(engine.get());
          session
              .out()
              .println(
                  "stopped the engine on unix://"
                      + socket
                      + "; "
                      + running
                      + " left running, for the next engine to take over");
          return 0;
        });
  }

  private static String containers(long count) {
    return count + (count == 1 ? " container" : " containers");
  }
}
