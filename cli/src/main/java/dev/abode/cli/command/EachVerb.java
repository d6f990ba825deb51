package dev.abode.cli.command;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.http.ApiException;
import java.io.IOException;

/**
 * A verb that does the same to each of its operands. One that fails does not keep it from the
 * others; the exit status tells.
 */
public final class EachVerb implements Verb {
  private final Syntax syntax;
  private final Action action;

  /** What is done to one operand; it prints what there is to print. */
  public interface Action {
    void accept(Session session, Arguments arguments, String operand)
        throws IOException, InterruptedException;
  }

  public EachVerb(Syntax syntax, Action action) {
    this.syntax = syntax;
    this.action = action;
  }

  @Override
  public Syntax syntax() {
    return syntax;
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException, InterruptedException {
    int status = 0;
    for (String operand : arguments.operands()) {
      try {
        action.accept(session, arguments, operand);
      } catch (ApiException refused) {
        session.out().flush();
        session.err().println("abode: " + refused.getMessage());
        status = 1;
      }
    }
    return status;
  }
}
