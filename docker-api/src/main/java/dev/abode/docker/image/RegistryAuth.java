package dev.abode.docker.image;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.json.JsonObject;
import dev.abode.image.Credentials;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** Credentials as clients send them: in a header, or in the body of {@code /auth}. */
public final class RegistryAuth {
  private RegistryAuth() {}

  /**
   * Reads an {@code X-Registry-Auth} header: JSON in URL-safe base64, padded or not. Absent, empty
   * or {@code {}} is anonymous.
   *
   * @throws ApiException with status 400; the message does not repeat what was sent
   */
  public static Credentials header(Optional<String> field) {
    String text = field.orElse("").strip();
    if (text.isEmpty()) {
      return Credentials.ANONYMOUS;
    }
    byte[] json;
    try {
      String urlSafe = text.replace('+', '-').replace('/', '_').replace("=", "");
      json = Base64.getUrlDecoder().decode(urlSafe);
    } catch (IllegalArgumentException _) {
      throw ApiException.invalid("invalid X-Registry-Auth header: not base64");
    }
    return document(JsonObject.parse(json));
  }

  /** Reads Docker's AuthConfig. */
  public static Credentials document(JsonObject auth) {
    if (auth.nonEmptyText("registrytoken").isPresent()) {
      throw ApiException.unsupported(
          "registry tokens are not supported; send username and password or an identity token");
    }
    String username = auth.textOrEmpty("username");
    String password = auth.textOrEmpty("password");
    Optional<String> both = auth.nonEmptyText("auth");
    if (username.isEmpty() && both.isPresent()) {
      String decoded = new String(Base64.getDecoder().decode(both.get()), StandardCharsets.UTF_8);
      int colon = decoded.indexOf(':');
      if (colon > 0) {
        username = decoded.substring(0, colon);
        password = decoded.substring(colon + 1);
      }
    }
    return new Credentials(username, password, auth.textOrEmpty("identitytoken"));
  }
}
