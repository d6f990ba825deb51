package dev.abode.cli.engine;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.EngineAddress;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.terminal.Signals;
import dev.abode.docker.DockerApi;
import dev.abode.docker.command.CommandHost;
import dev.abode.engine.Engine;
import dev.abode.engine.EngineOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;

/**
 * {@code abode engine run}: the engine in the foreground. SIGTERM and SIGINT end it in order; the
 * workloads go on, and the next engine on the same root takes them over.
 */
public final class EngineRun implements Verb {
  /** The folder below the root that is there while a new engine rehearses. */
  public static final String REHEARSAL = "rehearsal";

  private final Function<EngineAddress, CommandHost> commands;

  /**
   * The verb.
   *
   * @param commands makes what runs command lines for clients of the engine at that address
   */
  public EngineRun(Function<EngineAddress, CommandHost> commands) {
    this.commands = commands;
  }

  @Override
  public Syntax syntax() {
    return Syntax.of("engine run", "[OPTIONS]", "Run the engine in the foreground")
        .one("root", "DIR", "Folder that holds everything (/var/lib/abode)")
        .one("socket", "PATH", "Where to listen (/run/abode/abode.sock for the default root)")
        .flag("cold", "Leave out the launches that warm the engine up")
        .flag("debug", "Log what is done, not only what is wrong")
        .takes(0, 0)
        .example("abode engine run --root /srv/abode --socket /run/abode/second.sock");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException, InterruptedException {
    EngineLogging.configure(arguments.isOn("debug"));
    EngineAddress address = address(session, arguments);
    Path root = address.root().orElse(EngineOptions.DEFAULT_ROOT);
    CountDownLatch asked = new CountDownLatch(1);
    Signals.onEnd(asked::countDown);
    try (Engine engine = Engine.open(EngineOptions.at(root));
        DockerApi _ = DockerApi.serve(engine, address.socket(), commands.apply(address));
        EnginePid _ = EnginePid.write(address.socket())) {
      session
          .out()
          .println("abode engine ready on unix://" + address.socket() + " (root " + root + ")");
      session.out().flush();
      if (arguments.isOn("cold")) {
        asked.await();
      } else {
        try (WarmUp _ = WarmUp.begin(root.toAbsolutePath().resolve(REHEARSAL))) {
          asked.await();
        }
      }
    }
    return 0;
  }

  private static EngineAddress address(Session session, Arguments arguments) {
    Optional<Path> root =
        arguments.value("root").map(given -> Path.of(given).toAbsolutePath().normalize());
    EngineAddress address =
        root.filter(given -> !given.equals(EngineOptions.DEFAULT_ROOT))
            .map(EngineAddress::ofRoot)
            .orElse(session.address());
    return arguments
        .value("socket")
        .map(
            socket ->
                new EngineAddress(
                    Path.of(socket).toAbsolutePath().normalize(), root.or(address::root)))
        .orElse(address);
  }
}
