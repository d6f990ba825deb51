package dev.abode.image.registry;

import dev.abode.image.Credentials;
import dev.abode.image.ImageException;
import dev.abode.image.Reference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code docker login} left behind: {@code config.json} with its {@code auths}, and the helper
 * programs it names, for one registry ({@code credHelpers}) or all ({@code credsStore}). Read anew
 * each time, so that a login counts at once.
 */
final class DockerCredentials implements CredentialSource {
  /** The name Docker keeps Docker Hub's login under, since before there was a v2. */
  private static final String HUB_KEY = "https://index.docker.io/v1/";

  private final Path file;
  private final Map<String, String> environment;

  /**
   * @param environment of the helper programs
   */
  DockerCredentials(Path file, Map<String, String> environment) {
    this.file = file;
    this.environment = Map.copyOf(environment);
  }

  @Override
  public Credentials of(String registry) {
    Optional<byte[]> text = read();
    if (text.isEmpty()) {
      return Credentials.ANONYMOUS;
    }
    Wire.DockerConfig config = Wire.read(Wire.DockerConfig.class, text.get(), file.toString());
    String key = registry.equals(Reference.DOCKER_HUB) ? HUB_KEY : registry;
    for (String host : List.of(key, registry)) {
      String helper = config.credHelpers().getOrDefault(host, "");
      if (!helper.isEmpty()) {
        return new CredentialProgram(helper, environment).credentials(key);
      }
    }
    Optional<Credentials> written = written(config, registry);
    if (config.credsStore().isEmpty()) {
      return written.orElse(Credentials.ANONYMOUS);
    }
    Credentials stored = new CredentialProgram(config.credsStore(), environment).credentials(key);
    return stored.equals(Credentials.ANONYMOUS) ? written.orElse(stored) : stored;
  }

  private Optional<byte[]> read() {
    try {
      return Optional.of(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new ImageException(
          ImageException.Kind.INTERNAL,
          "reading the registry logins in " + file + " failed: " + Reply.words(e),
          e);
    }
  }

  private Optional<Credentials> written(Wire.DockerConfig config, String registry) {
    return config.auths().entrySet().stream()
        .filter(entry -> RegistryClient.sameRegistry(entry.getKey(), registry))
        .map(entry -> credentials(entry.getKey(), entry.getValue()))
        .filter(credentials -> !credentials.equals(Credentials.ANONYMOUS))
        .findFirst();
  }

  private Credentials credentials(String key, Wire.Login login) {
    String username = login.username();
    String password = login.password();
    if (!login.auth().isEmpty()) {
      String pair;
      try {
        pair = new String(Base64.getDecoder().decode(login.auth()), StandardCharsets.UTF_8);
      } catch (IllegalArgumentException e) {
        throw unreadable(key);
      }
      int colon = pair.indexOf(':');
      if (colon < 0) {
        throw unreadable(key);
      }
      username = pair.substring(0, colon);
      // Docker pads what it writes with NULs.
      password = pair.substring(colon + 1).replaceAll("\0+$", "");
    }
    return login.identitytoken().isEmpty()
        ? new Credentials(username, password, "")
        : new Credentials(username, "", login.identitytoken());
  }

  private ImageException unreadable(String key) {
    return new ImageException(
        ImageException.Kind.INVALID_ARGUMENT,
        "the login for "
            + Document.printable(key)
            + " in "
            + file
            + " is not base64 of user:password; log in again");
  }
}
