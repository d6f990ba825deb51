package dev.abode.image.registry;

import dev.abode.image.Credentials;
import dev.abode.image.ImageException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program {@code docker-credential-NAME} that keeps secrets: asked by {@code get} with the
 * registry on its standard input, it answers JSON on its standard output.
 */
final class CredentialProgram {
  private static final int MAX_BYTES = 1024 * 1024;

  /** Long enough for a keychain that asks its user, short enough for one that hangs. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** What the protocol puts for the user when the secret is an identity token. */
  private static final String TOKEN_USER = "<token>";

  private final String program;
  private final Map<String, String> environment;

  CredentialProgram(String name, Map<String, String> environment) {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "\"" + Document.printable(name) + "\" is not the name of a credential helper");
    }
    this.program = "docker-credential-" + name;
    this.environment = Map.copyOf(environment);
  }

  /** What the helper has for a registry; anonymous if nothing. */
  Credentials credentials(String registry) {
    Process process = start();
    // A helper that never reads or never ends must not keep a pull waiting for ever.
    Thread watch = Thread.ofVirtual().start(() -> killWhenLate(process));
    try {
      try (OutputStream question = process.getOutputStream()) {
        question.write(registry.getBytes(StandardCharsets.UTF_8));
      }
      byte[] answer = process.getInputStream().readNBytes(MAX_BYTES);
      int status = process.waitFor();
      return status == 0 ? credentials(answer) : nothing(answer, status);
    } catch (IOException e) {
      throw failed("talking to it failed: " + Reply.words(e), e);
    } catch (InterruptedException e) {
      throw Transport.interrupted(e);
    } finally {
      watch.interrupt();
      process.destroyForcibly();
    }
  }

  private static void killWhenLate(Process process) {
    try {
      // Destroying a process that has ended would close its output before it is read.
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      // It ended in time.
      return;
    }
  }

  private Process start() {
    ProcessBuilder builder = new ProcessBuilder(find().toString(), "get");
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    try {
      return builder.start();
    } catch (IOException e) {
      throw failed("it did not start: " + Reply.words(e) + "; install it or log in again", e);
    }
  }

  /** On the user's {@code PATH}, which need not be this process's. */
  private Path find() {
    for (String folder : environment.getOrDefault("PATH", "").split(":", -1)) {
      // An empty entry would mean the current folder, from where nothing is run.
      Path candidate = Path.of(folder, program);
      if (!folder.isEmpty() && Files.isExecutable(candidate)) {
        return candidate;
      }
    }
    throw new ImageException(
        ImageException.Kind.UNAUTHORIZED,
        "the Docker configuration names the credential helper "
            + program
            + ", which is not on the PATH; install it, or log in again without it");
  }

  private Credentials credentials(byte[] answer) {
    Wire.HelperAnswer read = Wire.read(Wire.HelperAnswer.class, answer, "the answer of " + program);
    return read.username().equals(TOKEN_USER)
        ? new Credentials("", "", read.secret())
        : new Credentials(read.username(), read.secret(), "");
  }

  private Credentials nothing(byte[] answer, int status) {
    String words = new String(answer, StandardCharsets.UTF_8);
    if (words.toLowerCase(Locale.ROOT).contains("credentials not found")) {
      return Credentials.ANONYMOUS;
    }
    throw failed(
        "it ended with status " + status + ": " + Document.printable(words),
        new IOException("status " + status));
  }

  private ImageException failed(String why, Exception cause) {
    return new ImageException(
        ImageException.Kind.UNAUTHORIZED,
        "asking the credential helper " + program + " failed: " + why,
        cause);
  }
}
