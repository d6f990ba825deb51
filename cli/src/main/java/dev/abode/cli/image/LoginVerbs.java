package dev.abode.cli.image;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.command.OneVerb;
import dev.abode.cli.command.Session;
import dev.abode.cli.command.Verb;
import dev.abode.cli.json.Json;
import dev.abode.cli.terminal.HiddenInput;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** {@code abode login} and {@code abode logout}. */
public final class LoginVerbs {
  private LoginVerbs() {}

  public static Verb login() {
    return new OneVerb(
        Syntax.of("login", "[OPTIONS] [SERVER]", "Log in to a registry")
            .one('u', "username", "USER", "User name")
            .one('p', "password", "PASSWORD", "Password; others on this machine may see it")
            .flag("password-stdin", "Read the password from standard input")
            .takes(0, 1)
            .example("abode login -u me --password-stdin registry.example.org < password"),
        LoginVerbs::login);
  }

  private static void login(Session session, Arguments arguments) throws IOException {
    RegistryName registry =
        RegistryName.ofServer(arguments.operands().isEmpty() ? "" : arguments.operand(0));
    boolean fromInput = arguments.isOn("password-stdin");
    if (fromInput && arguments.isGiven("password")) {
      throw new UsageException("--password and --password-stdin exclude each other");
    }
    if (fromInput && !arguments.isGiven("username")) {
      throw new UsageException("--password-stdin needs --username");
    }
    boolean terminal = session.isTerminal(Session.STDIN);
    if (!terminal && !fromInput && !arguments.isGiven("password")) {
      throw new UsageException(
          "cannot ask for a password without a terminal; use --username and --password-stdin");
    }
    String user = arguments.value("username", "");
    if (user.isEmpty()) {
      session.out().print("Username: ");
      session.out().flush();
      user = line(session);
    }
    String password = arguments.value("password", "");
    if (fromInput) {
      password =
          new String(session.in().readAllBytes(), StandardCharsets.UTF_8)
              .replaceFirst("[\\r\\n]+$", "");
    } else if (password.isEmpty()) {
      session.out().print("Password: ");
      session.out().flush();
      password = HiddenInput.readLine(session);
      session.out().println();
    }
    Json answer =
        session
            .api()
            .post(
                "/auth",
                Json.object()
                    .with("username", user)
                    .with("password", password)
                    .with("serveraddress", registry.key()))
            .json();
    String token = answer.text("IdentityToken");
    RegistryLogins logins = RegistryLogins.ofUser(session.environment());
    logins.store(registry, new RegistryLogins.Login(user, token.isEmpty() ? password : "", token));
    session.out().println(answer.nonEmptyText("Status").orElse("Login Succeeded"));
  }

  public static Verb logout() {
    return new OneVerb(
        Syntax.of("logout", "[SERVER]", "Log out from a registry")
            .takes(0, 1)
            .example("abode logout registry.example.org"),
        (session, arguments) -> {
          RegistryName registry =
              RegistryName.ofServer(arguments.operands().isEmpty() ? "" : arguments.operand(0));
          boolean known = RegistryLogins.ofUser(session.environment()).erase(registry);
          session
              .out()
              .println(
                  known
                      ? "Removing login credentials for " + registry.key()
                      : "Not logged in to " + registry.key());
        });
  }

  private static String line(Session session) throws IOException {
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(session.in(), StandardCharsets.UTF_8));
    String line = reader.readLine();
    if (line == null) {
      throw new IOException("the input ended before a user name came");
    }
    return line.strip();
  }
}
