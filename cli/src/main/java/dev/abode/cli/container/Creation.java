package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.command.Session;
import dev.abode.cli.http.ApiClient;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.image.ProgressDisplay;
import dev.abode.cli.image.Pulling;
import dev.abode.cli.json.Json;
import dev.abode.linux.Terminal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Creating a container, the image being pulled if it has to be. */
final class Creation {
  private Creation() {}

  /**
   * Creates it and tells the engine's warnings.
   *
   * @return its ID
   */
  static String create(Session session, Arguments arguments, CreateRequest request)
      throws IOException {
    String pull = arguments.value("pull", "missing");
    boolean quiet = arguments.isOn("quiet");
    if (pull.equals("always")) {
      Pulling.pull(
          session, ProgressDisplay.Channel.ERRORS, request.image(), request.platform(), quiet);
    }
    if (arguments.isOn("tty") && session.isTerminal(Session.STDOUT)) {
      Terminal.Size size = new Terminal(Session.STDOUT).size();
      request
          .body()
          .at("HostConfig")
          .with(
              "ConsoleSize",
              new Json.Items(List.of(Json.of(size.rows()), Json.of(size.columns()))));
    }
    Json created;
    try {
      created = post(session, request);
    } catch (ApiException refused) {
      boolean imageMissing =
          refused.status() == 404 && String.valueOf(refused.getMessage()).contains("o such image");
      if (!imageMissing || !pull.equals("missing")) {
        throw refused;
      }
      session.err().println("Unable to find image '" + request.image() + "' locally");
      Pulling.pull(
          session, ProgressDisplay.Channel.ERRORS, request.image(), request.platform(), quiet);
      created = post(session, request);
    }
    for (String warning : created.texts("Warnings")) {
      session.err().println("WARNING: " + warning);
    }
    String id = created.text("Id");
    if (arguments.isGiven("cidfile")) {
      Files.writeString(
          Path.of(arguments.value("cidfile", "")),
          id,
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE_NEW,
          StandardOpenOption.WRITE);
    }
    return id;
  }

  private static Json post(Session session, CreateRequest request) throws IOException {
    return session
        .api()
        .post(
            ApiClient.query(
                "/containers/create", "name", request.name(), "platform", request.platform()),
            request.body())
        .json();
  }
}
