package dev.abode.cli.command;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import java.io.IOException;

/** A verb that is one question to the engine and what is printed of its answer. */
public final class OneVerb implements Verb {
  private final Syntax syntax;
  private final Action action;

  /** What is done. */
  public interface Action {
    void accept(Session session, Arguments arguments) throws IOException, InterruptedException;
  }

  public OneVerb(Syntax syntax, Action action) {
    this.syntax = syntax;
    this.action = action;
  }

  @Override
  public Syntax syntax() {
    return syntax;
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException, InterruptedException {
    action.accept(session, arguments);
    return 0;
  }
}
