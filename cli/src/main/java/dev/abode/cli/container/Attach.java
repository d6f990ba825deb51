package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.json.Json;
import dev.abode.cli.terminal.DetachKeys;
import dev.abode.cli.terminal.Joining;
import java.io.IOException;

/** {@code abode attach}. */
public final class Attach implements Verb {
  @Override
  public Syntax syntax() {
    return Syntax.of(
            "attach", "[OPTIONS] CONTAINER", "Attach to the streams of a running container")
        .one("detach-keys", "KEYS", "Keys that detach (ctrl-p,ctrl-q)")
        .flag("no-stdin", "Do not attach standard input")
        .flag("sig-proxy", "Hand signals on to the container; on unless =false")
        .takes(1, 1)
        .example("abode attach box");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    String name = arguments.operand(0);
    Json container = session.api().get("/containers/" + ApiClient.encode(name) + "/json").json();
    if (!container.isTrue("State", "Running") || container.isTrue("State", "Paused")) {
      session
          .err()
          .println(
              "abode: cannot attach to "
                  + name
                  + ", which is "
                  + container.text("State", "Status")
                  + "; start or unpause it first");
      return 1;
    }
    Attachment attachment =
        new Attachment(
            container.text("Id"),
            new Joining(
                container.isTrue("Config", "Tty"),
                container.isTrue("Config", "OpenStdin") && !arguments.isOn("no-stdin"),
                arguments.value("detach-keys", DetachKeys.DEFAULT)),
            /* stdout= */ true,
            /* stderr= */ true,
            !arguments.isGiven("sig-proxy") || arguments.isOn("sig-proxy"));
    return attachment.run(session, Attachment.Until.NOT_RUNNING, () -> {});
  }
}
