package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import java.io.IOException;

/** {@code abode create}. */
public final class Create implements Verb {
  @Override
  public Syntax syntax() {
    return CreateRequest.describe(
        Syntax.of("create", "[OPTIONS] IMAGE [COMMAND] [ARG...]", "Create a new container")
            .example("abode create --name box alpine sleep 60"));
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    CreateRequest request = CreateRequest.of(arguments, session.environment());
    session.out().println(Creation.create(session, arguments, request));
    return 0;
  }
}
