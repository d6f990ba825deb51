package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.json.Json;
import dev.abode.cli.terminal.DetachKeys;
import dev.abode.cli.terminal.Joining;
import java.io.IOException;

/** {@code abode start}. */
public final class Start implements Verb {
  @Override
  public Syntax syntax() {
    return Syntax.of(
            "start", "[OPTIONS] CONTAINER [CONTAINER...]", "Start one or more stopped containers")
        .flag('a', "attach", "Attach to its output and forward signals")
        .flag('i', "interactive", "Attach to its input")
        .one("detach-keys", "KEYS", "Keys that detach (ctrl-p,ctrl-q)")
        .flag("sig-proxy", "Hand signals on to the container; on unless =false")
        .atLeast(1)
        .example("abode start -ai box");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    if (!arguments.isOn("attach") && !arguments.isOn("interactive")) {
      return startAll(session, arguments);
    }
    if (arguments.operands().size() != 1) {
      throw new UsageException("abode start attaches to one container at a time");
    }
    Json container =
        session.api().get("/containers/" + ApiClient.encode(arguments.operand(0)) + "/json").json();
    String id = container.text("Id");
    boolean input = arguments.isOn("interactive") && container.isTrue("Config", "OpenStdin");
    Attachment attachment =
        new Attachment(
            id,
            new Joining(
                container.isTrue("Config", "Tty"),
                input,
                arguments.value("detach-keys", DetachKeys.DEFAULT)),
            /* stdout= */ true,
            /* stderr= */ true,
            !arguments.isGiven("sig-proxy") || arguments.isOn("sig-proxy"));
    Attachment.Until until =
        container.isTrue("HostConfig", "AutoRemove")
            ? Attachment.Until.REMOVED
            : Attachment.Until.NEXT_EXIT;
    return attachment.run(
        session, until, () -> session.api().post("/containers/" + id + "/start").close());
  }

  private static int startAll(Session session, Arguments arguments) throws IOException {
    int status = 0;
    for (String name : arguments.operands()) {
      try {
        session.api().post("/containers/" + ApiClient.encode(name) + "/start").close();
        session.out().println(name);
      } catch (ApiException refused) {
        session.err().println("abode: " + refused.getMessage());
        status = 1;
      }
    }
    return status;
  }
}
