package dev.abode.cli.image;

import dev.abode.cli.json.Json;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The credentials a user has for registries, where Docker's command keeps them: {@code
 * ~/.docker/config.json} ({@code DOCKER_CONFIG} names another folder), and the credential helpers
 * that it names ({@code credHelpers}, {@code credsStore}). The rest of the file is left as it is.
 */
final class RegistryLogins {
  private static final String TOKEN_USER = "<token>";

  private final Path file;

  private RegistryLogins(Path file) {
    this.file = file;
  }

  /** A user name and a password, or an identity token in place of both. */
  record Login(String user, String password, String token) {}

  static RegistryLogins ofUser(Map<String, String> environment) {
    String folder = environment.getOrDefault("DOCKER_CONFIG", "");
    String home = environment.getOrDefault("HOME", "/root");
    return new RegistryLogins(
        (folder.isEmpty() ? Path.of(home, ".docker") : Path.of(folder)).resolve("config.json"));
  }

  Path file() {
    return file;
  }

  /** The {@code X-Registry-Auth} header for a registry; an empty object where there is no login. */
  String header(RegistryName registry) throws IOException {
    Json.Fields auth = Json.object();
    Optional<Login> login = find(registry);
    if (login.isPresent()) {
      auth.with("serveraddress", registry.key());
      if (login.get().token().isEmpty()) {
        auth.with("username", login.get().user()).with("password", login.get().password());
      } else {
        auth.with("identitytoken", login.get().token());
      }
    }
    return Base64.getUrlEncoder().encodeToString(auth.compact().getBytes(StandardCharsets.UTF_8));
  }

  /** The login for a registry, from its helper, the store, or the file. */
  Optional<Login> find(RegistryName registry) throws IOException {
    Json config = read();
    Optional<String> helper = helper(config, registry);
    if (helper.isPresent()) {
      String answer = callHelper(helper.get(), "get", registry.key());
      if (answer.contains("credentials not found")) {
        return Optional.empty();
      }
      Json found = Json.parse(answer);
      String user = found.text("Username");
      return Optional.of(
          user.equals(TOKEN_USER)
              ? new Login("", "", found.text("Secret"))
              : new Login(user, found.text("Secret"), ""));
    }
    Json entry = config.at("auths", registry.key());
    String token = entry.text("identitytoken");
    if (!token.isEmpty()) {
      return Optional.of(new Login("", "", token));
    }
    String encoded = entry.text("auth");
    if (encoded.isEmpty()) {
      return Optional.empty();
    }
    String pair = new String(Base64.getDecoder().decode(encoded.strip()), StandardCharsets.UTF_8);
    int colon = pair.indexOf(':');
    if (colon < 0) {
      throw new IOException(
          file + " has no user and password for " + registry.key() + "; log in again");
    }
    return Optional.of(new Login(pair.substring(0, colon), pair.substring(colon + 1), ""));
  }

  /** Keeps a login for later. */
  void store(RegistryName registry, Login login) throws IOException {
    Json config = read();
    Optional<String> helper = helper(config, registry);
    Json.Fields entry = Json.object();
    if (helper.isPresent()) {
      boolean token = !login.token().isEmpty();
      callHelper(
          helper.get(),
          "store",
          Json.object()
              .with("ServerURL", registry.key())
              .with("Username", token ? TOKEN_USER : login.user())
              .with("Secret", token ? login.token() : login.password())
              .compact());
    } else {
      String pair = login.user() + ":" + login.password();
      entry.with("auth", Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
      if (!login.token().isEmpty()) {
        entry.with("identitytoken", login.token());
      }
    }
    Map<String, Json> logins = new LinkedHashMap<>(config.fields("auths"));
    logins.put(registry.key(), entry);
    write(config.with("auths", new Json.Fields(logins)));
  }

  /**
   * Forgets a login.
   *
   * @return whether there was one
   */
  boolean erase(RegistryName registry) throws IOException {
    Json config = read();
    Optional<String> helper = helper(config, registry);
    if (helper.isPresent()) {
      callHelper(helper.get(), "erase", registry.key());
    }
    Map<String, Json> logins = new LinkedHashMap<>(config.fields("auths"));
    boolean known = logins.remove(registry.key()) != null;
    if (known) {
      write(config.with("auths", new Json.Fields(logins)));
    }
    return known || helper.isPresent();
  }

  private static Optional<String> helper(Json config, RegistryName registry) {
    return config
        .nonEmptyText("credHelpers", registry.key())
        .or(() -> config.nonEmptyText("credsStore"));
  }

  private Json read() throws IOException {
    if (!Files.exists(file)) {
      return Json.object();
    }
    String text = Files.readString(file);
    try {
      return text.isBlank() ? Json.object() : Json.parse(text);
    } catch (RuntimeException malformed) {
      throw new IOException(file + " is not JSON: " + malformed.getMessage(), malformed);
    }
  }

  /** Whole or not at all, and for nobody else's eyes. */
  private void write(Json config) throws IOException {
    Path real = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    Path folder = real.getParent();
    if (folder == null) {
      throw new IOException(file + " names no folder");
    }
    Files.createDirectories(folder);
    Path part =
        Files.createTempFile(
            folder,
            "config.json",
            ".part",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.writeString(part, config.indented("\t"));
      Files.move(part, real, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /** The protocol of docker-credential-helpers: a verb as argument, text in, text out. */
  private static String callHelper(String name, String verb, String input) throws IOException {
    if (!name.matches("[A-Za-z0-9._-]+")) {
      throw new IOException("not the name of a credential helper: \"" + name + '"');
    }
    Process helper = new ProcessBuilder("docker-credential-" + name, verb).start();
    try (BufferedWriter to =
        new BufferedWriter(
            new OutputStreamWriter(helper.getOutputStream(), StandardCharsets.UTF_8))) {
      to.write(input);
    }
    String answer = new String(helper.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String complaint = new String(helper.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (helper.waitFor() != 0 && !answer.contains("credentials not found")) {
        throw new IOException(
            "docker-credential-" + name + " " + verb + " failed: " + (answer + complaint).strip());
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while docker-credential-" + name + " ran", interrupted);
    }
    return answer;
  }
}
