package dev.abode.cli.engine;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** {@code abode engine status} and {@code abode engine stop}; neither starts one. */
public final class EngineVerbs {
  private EngineVerbs() {}

  /** A verb on the engine's process. */
  private interface Action {
    int run(Session session, Path socket) throws IOException, InterruptedException;
  }

  private record EngineVerb(Syntax syntax, Action action) implements Verb {
    @Override
    public int run(Session session, Arguments arguments) throws IOException, InterruptedException {
      return action.run(session, session.address().socket());
    }
  }

  public static Verb status() {
    return new EngineVerb(
        Syntax.of("engine status", "", "Tell whether an engine listens; exit status 3 if none does")
            .takes(0, 0)
            .example("abode engine status"),
        (session, socket) -> {
          try (ApiClient api = new ApiClient(socket)) {
            if (!api.isListening()) {
              session.out().println("no engine listens on unix://" + socket);
              return 3;
            }
            Json info = api.get("/info").json();
            String process =
                EnginePid.read(socket).map(engine -> ", process " + engine.pid()).orElse("");
            session
                .out()
                .println(
                    "engine "
                        + info.text("ServerVersion")
                        + " listens on unix://"
                        + socket
                        + process
                        + " (root "
                        + info.text("DockerRootDir")
                        + "): "
                        + containers(info.number("ContainersRunning"))
                        + " of "
                        + info.text("Containers")
                        + " running");
            return 0;
          }
        });
  }

  public static Verb stop() {
    return new EngineVerb(
        Syntax.of("engine stop", "", "Stop the engine; containers go on running")
            .takes(0, 0)
            .example("abode engine stop"),
        (session, socket) -> {
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
          engine.get().onExit().join();
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
