package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.format.Style;
import dev.abode.cli.http.ApiException;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.util.List;

/** {@code abode explain}. */
public final class Explain implements Verb {
  private static final String INDENT = "    ";

  @Override
  public Syntax syntax() {
    return CreateRequest.describe(
        Syntax.of(
                "explain",
                "[OPTIONS] CONTAINER|IMAGE [COMMAND] [ARG...]",
                "Show what makes the walls of a container, or of one that would be run")
            .flag("brief", "One line a fact, without explanations")
            .flag("diff", "Only what differs between two; of one, from the default walls")
            .flag("json", "The plan itself, as the engine executes it, and all facts")
            .example("abode explain alpine")
            .example("abode explain --diff --privileged alpine")
            .example("abode explain --diff web db"));
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    boolean two = arguments.isOn("diff") && arguments.operands().size() == 2;
    if (arguments.isOn("diff") && arguments.operands().size() > 2) {
      throw new UsageException("abode explain --diff compares two, or one with the default walls");
    }
    ExplanationText text = new ExplanationText(Style.of(session), arguments.isOn("brief"));
    if (two) {
      show(session, arguments, text, of(session, arguments, 0), of(session, arguments, 1));
      return 0;
    }
    Json explanation = of(session, arguments, 0);
    if (arguments.isOn("diff")) {
      String image = explanation.text("Image");
      show(
          session,
          arguments,
          text,
          draft(session, Json.object().with("Image", image)),
          explanation);
    } else if (arguments.isOn("json")) {
      session.out().println(explanation.indented(INDENT));
    } else {
      session.out().print(text.whole(explanation));
    }
    return 0;
  }

  private static void show(
      Session session, Arguments arguments, ExplanationText text, Json left, Json right) {
    if (arguments.isOn("json")) {
      session.out().println(new Json.Items(List.of(left, right)).indented(INDENT));
    } else {
      session.out().print(text.difference(left, right));
    }
  }

  /** A container by that name if nothing is said that would make another one; else an image. */
  private static Json of(Session session, Arguments arguments, int operand) throws IOException {
    CreateRequest request = CreateRequest.of(arguments, session.environment());
    String name = arguments.operand(operand);
    Json bare = Json.object().with("Image", name);
    boolean plain = arguments.isOn("diff") && arguments.operands().size() == 2;
    ApiException noContainer;
    try {
      return session.api().get("/abode" + LifecycleVerbs.path(name, "explain")).json();
    } catch (ApiException refused) {
      if (refused.status() != 404) {
        throw refused;
      }
      noContainer = refused;
    }
    try {
      return draft(session, plain ? bare : request.body());
    } catch (ApiException refused) {
      if (refused.status() != 404) {
        throw refused;
      }
      throw new ApiException(
          404,
          "neither a container nor an image is called "
              + name
              + " ("
              + noContainer.getMessage()
              + "); abode ps -a and abode images list those that are there, abode pull "
              + name
              + " fetches an image");
    }
  }

  private static Json draft(Session session, Json body) throws IOException {
    Json explanation = session.api().post("/abode/explain", body).json();
    for (String warning : explanation.texts("Warnings")) {
      session.err().println("WARNING: " + warning);
    }
    return explanation;
  }
}
