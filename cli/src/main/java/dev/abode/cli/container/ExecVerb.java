package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.http.TakenOver;
import dev.abode.cli.json.Json;
import dev.abode.cli.terminal.DetachKeys;
import dev.abode.cli.terminal.Joining;
import dev.abode.cli.terminal.Signals;
import dev.abode.linux.Terminal;
import java.io.IOException;
import java.util.List;

/** {@code abode exec}. */
public final class ExecVerb implements Verb {
  @Override
  public Syntax syntax() {
    return Syntax.of(
            "exec", "[OPTIONS] CONTAINER COMMAND [ARG...]", "Run a command in a running container")
        .flag('d', "detach", "Run in the background")
        .one("detach-keys", "KEYS", "Keys that detach (ctrl-p,ctrl-q)")
        .many('e', "env", "NAME[=VALUE]", "Set an environment variable")
        .many("env-file", "FILE", "Read environment variables from a file")
        .flag('i', "interactive", "Keep standard input open")
        .flag("privileged", "Give the command the host's privileges")
        .flag('t', "tty", "Give the command a terminal")
        .one('u', "user", "USER[:GROUP]", "User inside, by name or number")
        .one('w', "workdir", "PATH", "Working folder inside")
        .optionsFirst()
        .atLeast(2)
        .example("abode exec -it box sh")
        .example("abode exec -u nobody -w /tmp box id");
  }

  @Override
  public int statusOfRefusal() {
    return 1;
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    boolean detach = arguments.isOn("detach");
    boolean tty = arguments.isOn("tty");
    boolean input = arguments.isOn("interactive") && !detach;
    if (tty && input && !session.isTerminal(Session.STDIN)) {
      session.err().println("abode: the input device is not a terminal; leave -t away, or use one");
      return 1;
    }
    ApiClient api = session.api();
    String name = arguments.operand(0);
    String id =
        api.post("/containers/" + ApiClient.encode(name) + "/exec", request(session, arguments))
            .json()
            .text("Id");
    Json.Fields start = Json.object().with("Detach", Json.of(detach)).with("Tty", Json.of(tty));
    if (tty && session.isTerminal(Session.STDOUT)) {
      Terminal.Size size = new Terminal(Session.STDOUT).size();
      start.with(
          "ConsoleSize", new Json.Items(List.of(Json.of(size.rows()), Json.of(size.columns()))));
    }
    String path = "/exec/" + id + "/";
    try {
      if (detach) {
        api.post(path + "start", start).close();
        return 0;
      }
      try (TakenOver streams = api.takeOver(path + "start", ApiClient.Body.of(start))) {
        if (tty && session.isTerminal(Session.STDOUT)) {
          Signals.followSize(
              size -> Attachment.resize(api, path + "resize", size.rows(), size.columns()));
        }
        String keys = arguments.value("detach-keys", DetachKeys.DEFAULT);
        if (new Joining(tty, input, keys).run(session, streams) == Joining.End.DETACHED) {
          return 0;
        }
      }
    } catch (ApiException refused) {
      session.err().println("abode: " + refused.getMessage());
      int status = StartFailure.status(refused);
      return status == StartFailure.ENGINE ? 1 : status;
    }
    return (int) api.get(path + "json").json().number("ExitCode");
  }

  static Json request(Session session, Arguments arguments) throws IOException {
    boolean detach = arguments.isOn("detach");
    Json.Fields request =
        Json.object()
            .with("User", arguments.value("user", ""))
            .with("Privileged", Json.of(arguments.isOn("privileged")))
            .with("Tty", Json.of(arguments.isOn("tty")))
            .with("AttachStdin", Json.of(!detach && arguments.isOn("interactive")))
            .with("AttachStdout", Json.of(!detach))
            .with("AttachStderr", Json.of(!detach))
            .with("WorkingDir", arguments.value("workdir", ""))
            .with("Cmd", Json.texts(arguments.operands().subList(1, arguments.operands().size())));
    List<String> variables = EnvironmentFile.variables(arguments, session.environment());
    if (!variables.isEmpty()) {
      request.with("Env", Json.texts(variables));
    }
    return request;
  }
}
