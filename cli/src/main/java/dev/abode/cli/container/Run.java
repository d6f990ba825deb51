package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Words;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.json.Json;
import dev.abode.cli.terminal.DetachKeys;
import dev.abode.cli.terminal.Joining;
import java.io.IOException;
import java.util.List;

/** {@code abode run}. */
public final class Run implements Verb {
  @Override
  public Syntax syntax() {
    return CreateRequest.describe(
        Syntax.of(
                "run",
                "[OPTIONS] IMAGE [COMMAND] [ARG...]",
                "Create and run a new container from an image")
            .flag('d', "detach", "Run in the background and print the container's ID")
            .one("detach-keys", "KEYS", "Keys that detach (ctrl-p,ctrl-q)")
            .flag("verbose", "Say behind which walls it was started")
            .flag("sig-proxy", "Hand signals on to the container; on unless =false")
            .example("abode run --rm alpine echo hi")
            .example("abode run -it --name box alpine sh")
            .example("abode run -d -m 64m --restart on-failure:3 alpine sleep 60"));
  }

  @Override
  public int statusOfRefusal() {
    return StartFailure.ENGINE;
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException, InterruptedException {
    boolean detach = arguments.isOn("detach");
    boolean tty = arguments.isOn("tty");
    boolean interactive = arguments.isOn("interactive");
    List<String> chosen = arguments.all("attach");
    boolean input = interactive && (chosen.isEmpty() || chosen.contains("stdin"));
    if (tty && input && !detach && !session.isTerminal(Session.STDIN)) {
      session.err().println("abode: the input device is not a terminal; leave -t away, or use one");
      return 1;
    }
    String keys = arguments.value("detach-keys", DetachKeys.DEFAULT);
    DetachKeys.parse(keys);
    CreateRequest request = CreateRequest.of(arguments, session.environment());
    String id = Creation.create(session, arguments, request);
    if (detach) {
      start(session, arguments, id);
      session.out().println(id);
      return 0;
    }
    Attachment attachment =
        new Attachment(
            id,
            new Joining(tty, input, keys),
            chosen.isEmpty() || chosen.contains("stdout"),
            chosen.isEmpty() || chosen.contains("stderr"),
            !arguments.isGiven("sig-proxy") || arguments.isOn("sig-proxy"));
    Attachment.Until until =
        arguments.isOn("rm") ? Attachment.Until.REMOVED : Attachment.Until.NEXT_EXIT;
    try {
      return attachment.run(session, until, () -> start(session, arguments, id));
    } catch (ApiException refused) {
      session.err().println("abode: " + refused.getMessage());
      return StartFailure.status(refused);
    }
  }

  private static void start(Session session, Arguments arguments, String id) throws IOException {
    try {
      session.api().post("/containers/" + id + "/start").close();
      if (arguments.isOn("verbose")) {
        session
            .err()
            .println("abode: " + Words.shortId(id) + " runs in " + walls(session, arguments));
      }
    } catch (ApiException refused) {
      if (arguments.isOn("rm")) {
        discard(session.api(), id);
      }
      throw refused;
    }
  }

  /** By what is said of the host, since the instance itself may be over and removed already. */
  private static String walls(Session session, Arguments arguments) throws IOException {
    if (!CreateRequest.isMachine(arguments)) {
      return "a container";
    }
    Json info = session.api().get("/info").json();
    return "a virtual machine (" + info.text("Runtimes", "vm", "status", "hypervisor") + ")";
  }

  /** What never ran has no exit that would remove it. */
  private static void discard(ApiClient api, String id) throws IOException {
    try {
      Json ignored = api.delete("/containers/" + id + "?force=1&v=1").json();
    } catch (ApiException gone) {
      // The engine was faster.
    }
  }
}
