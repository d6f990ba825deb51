package dev.abode.image.registry;

import dev.abode.image.Credentials;
import dev.abode.image.ImageException;
import dev.abode.image.Registries;
import java.util.List;

/** Whether a registry takes someone's credentials, asked at its {@code /v2/}. */
record LoginCheck(Session session, Authorizer authorizer) {

  Registries.Login check(Credentials credentials) throws ConnectionFailure {
    Endpoint place = session.endpoint();
    String identityToken = "";
    List<Challenge> challenges = session.challenges();
    if (!challenges.isEmpty()) {
      identityToken = authorizer.identityToken(place, challenges, credentials).orElse("");
    }
    try (Reply reply = session.send(Session.Call.of("GET", place.at("")))) {
      if (reply.status() != 200) {
        throw refused(reply, credentials);
      }
    }
    return new Registries.Login("Login Succeeded", identityToken);
  }

  private static ImageException refused(Reply reply, Credentials credentials)
      throws ConnectionFailure {
    boolean denied = reply.status() == 401 || reply.status() == 403;
    return new ImageException(
        denied ? ImageException.Kind.UNAUTHORIZED : ImageException.Kind.UNAVAILABLE,
        "login attempt to "
            + reply.uri()
            + " with "
            + credentials
            + " failed with status "
            + reply.status()
            + Refusal.reasons(reply)
            + (denied ? "; check user name and password" : "; is this a registry?"));
  }
}
