package dev.abode.cli;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** {@code abode completion}: the scripts for shells, and the one question that they ask. */
final class Completion implements Verb {
  @Override
  public Syntax syntax() {
    return Syntax.of(
            "completion",
            "bash|zsh|fish",
            "Print the script that teaches a shell to complete this command")
        .optionsFirst()
        .atLeast(1)
        .example("abode completion bash >/etc/bash_completion.d/abode")
        .example("abode completion zsh >/usr/local/share/zsh/site-functions/_abode")
        .example("abode completion fish >~/.config/fish/completions/abode.fish");
  }

  @Override
  public int run(Session session, Arguments arguments) throws IOException {
    String what = arguments.operand(0);
    switch (what) {
      case "suggest" ->
          session
              .out()
              .print(
                  Suggestions.of(
                      session, arguments.operands().subList(1, arguments.operands().size())));
      case "bash", "zsh", "fish" -> session.out().print(script(what));
      default ->
          throw new UsageException("there are scripts for bash, zsh and fish, not for " + what);
    }
    return 0;
  }

  private static String script(String shell) throws IOException {
    try (InputStream script = Completion.class.getResourceAsStream("completion." + shell)) {
      if (script == null) {
        throw new IOException("completion." + shell + " is not beside the command's classes");
      }
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
