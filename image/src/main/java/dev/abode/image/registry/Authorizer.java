package dev.abode.image.registry;

import dev.abode.image.Credentials;
import dev.abode.image.ImageException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Turns credentials into the {@code Authorization} header a registry wants, and keeps it as long as
 * it is good: Basic (RFC 7617) or a Bearer token that a token server gives (distribution's "Token
 * Authentication" and "OAuth2 Token Authentication").
 */
final class Authorizer {
  private static final int MAX_TOKEN_BYTES = 1024 * 1024;
  private static final String CLIENT_ID = "abode";

  /** The specification's default for a token that does not say how long it lives. */
  private static final long DEFAULT_LIFE_SECONDS = 60;

  /** A token that ends within this is not begun with. */
  private static final Duration MARGIN = Duration.ofSeconds(5);

  private final Transport transport;
  private final InstantSource clock;
  private final Map<Key, Authorization> kept = new ConcurrentHashMap<>();
  private final Map<Key, ReentrantLock> locks = new ConcurrentHashMap<>();

  private record Key(URI place, Scope scope, Credentials credentials) {}

  private record Authorization(String header, Instant until) {
    @Override
    public String toString() {
      return "an authorization until " + until;
    }
  }

  Authorizer(Transport transport, InstantSource clock) {
    this.transport = transport;
    this.clock = clock;
  }

  /** The header that was good before and should still be; empty if none. */
  Optional<String> known(Endpoint place, Scope scope, Credentials credentials) {
    Key key = new Key(place.base(), scope, credentials);
    return Optional.ofNullable(kept.get(key))
        .filter(authorization -> clock.instant().isBefore(authorization.until()))
        .map(Authorization::header);
  }

  /**
   * Answers a registry's challenges. Of threads that ask for the same at the same time one goes to
   * the token server, and the others take what it brings.
   *
   * @param refused the header that the registry did not accept; empty if there was none
   * @return the header; empty if nothing this client has can answer them
   * @throws ImageException of kind UNAUTHORIZED if the token server refuses the credentials
   */
  Optional<String> answer(
      Endpoint place,
      List<Challenge> challenges,
      Scope scope,
      Credentials credentials,
      Optional<String> refused)
      throws ConnectionFailure {
    Key key = new Key(place.base(), scope, credentials);
    ReentrantLock lock = locks.computeIfAbsent(key, k -> new ReentrantLock());
    lock.lock();
    try {
      Optional<String> broughtByAnother = known(place, scope, credentials);
      if (broughtByAnother.isPresent() && !broughtByAnother.equals(refused)) {
        return broughtByAnother;
      }
      kept.remove(key);
      return answerAnew(place, challenges, scope, credentials);
    } finally {
      lock.unlock();
    }
  }

  private Optional<String> answerAnew(
      Endpoint place, List<Challenge> challenges, Scope scope, Credentials credentials)
      throws ConnectionFailure {
    for (Challenge challenge : challenges) {
      if (challenge.scheme().equals("bearer") && !challenge.parameter("realm").isEmpty()) {
        Scope wanted = scope.entries().isEmpty() ? scopeOf(challenge) : scope;
        Wire.Token token = token(place, challenge, wanted, credentials, false);
        long life = token.expiresIn() > 0 ? token.expiresIn() : DEFAULT_LIFE_SECONDS;
        Instant until = clock.instant().plusSeconds(Math.min(life, 86_400)).minus(MARGIN);
        return keep(place, scope, credentials, "Bearer " + secret(token), until);
      }
    }
    boolean basic = challenges.stream().anyMatch(c -> c.scheme().equals("basic"));
    if (basic && !credentials.username().isEmpty()) {
      return keep(place, scope, credentials, basic(credentials), Instant.MAX);
    }
    return Optional.empty();
  }

  /**
   * Asks for a long-lived token in place of the password, as a login does.
   *
   * @return empty if the registry does not give such tokens
   */
  Optional<String> identityToken(
      Endpoint place, List<Challenge> challenges, Credentials credentials)
      throws ConnectionFailure {
    for (Challenge challenge : challenges) {
      if (challenge.scheme().equals("bearer") && !challenge.parameter("realm").isEmpty()) {
        Wire.Token token = token(place, challenge, scopeOf(challenge), credentials, true);
        return Optional.of(token.refreshToken()).filter(text -> !text.isEmpty());
      }
    }
    return Optional.empty();
  }

  private Optional<String> keep(
      Endpoint place, Scope scope, Credentials credentials, String header, Instant until) {
    kept.put(new Key(place.base(), scope, credentials), new Authorization(header, until));
    return Optional.of(header);
  }

  private static Scope scopeOf(Challenge challenge) {
    String scope = challenge.parameter("scope");
    return scope.isBlank() ? Scope.NONE : new Scope(List.of(scope.strip().split(" +", -1)));
  }

  private static String secret(Wire.Token token) {
    String secret = token.token().isEmpty() ? token.accessToken() : token.token();
    // A header may not be continued by what a server sends.
    if (secret.isEmpty() || !secret.matches("[\\x21-\\x7e]+")) {
      throw new ImageException(
          ImageException.Kind.UNAUTHORIZED,
          "the token server answered without a usable token; log in again");
    }
    return secret;
  }

  private Wire.Token token(
      Endpoint place, Challenge challenge, Scope scope, Credentials credentials, boolean lasting)
      throws ConnectionFailure {
    URI realm = realm(place, challenge);
    HttpRequest request =
        credentials.identityToken().isEmpty()
            ? tokenRequest(realm, challenge, scope, credentials, lasting)
            : refreshRequest(realm, challenge, scope, credentials);
    try (Reply reply = transport.exchange(request, () -> 0)) {
      int status = reply.status();
      if (status == 200) {
        byte[] document = reply.document(MAX_TOKEN_BYTES);
        return Wire.read(Wire.Token.class, document, "the answer of the token server " + realm);
      }
      if (status == 401 || status == 403 || status == 400) {
        throw new ImageException(
            ImageException.Kind.UNAUTHORIZED,
            "the token server "
                + Endpoint.authority(realm)
                + " refuses "
                + credentials
                + " with status "
                + status
                + Refusal.reasons(reply)
                + "; log in again");
      }
      throw Refusal.transientOr(
          reply,
          () ->
              new ImageException(
                  ImageException.Kind.UNAVAILABLE,
                  "asking the token server " + realm + " for a token got status " + status));
    }
  }

  private static URI realm(Endpoint place, Challenge challenge) {
    String text = challenge.parameter("realm");
    URI realm;
    try {
      realm = place.at("").resolve(text);
    } catch (IllegalArgumentException e) {
      throw unusable(place, text);
    }
    String scheme = realm.getScheme() == null ? "" : realm.getScheme().toLowerCase(Locale.ROOT);
    boolean plain = scheme.equals("http");
    boolean plainIsFine = place.insecure() || "http".equals(place.base().getScheme());
    if (realm.getHost() == null || !(scheme.equals("https") || (plain && plainIsFine))) {
      throw unusable(place, text);
    }
    return realm;
  }

  private static ImageException unusable(Endpoint place, String realm) {
    return new ImageException(
        ImageException.Kind.UNAUTHORIZED,
        "the registry "
            + place
            + " sends its users for a token to \""
            + Document.printable(realm)
            + "\", which is not an https URL; no credentials were sent there");
  }

  private static HttpRequest tokenRequest(
      URI realm, Challenge challenge, Scope scope, Credentials credentials, boolean lasting) {
    List<String> query = new ArrayList<>();
    addParameter(query, "service", challenge.parameter("service"));
    scope.entries().forEach(entry -> addParameter(query, "scope", entry));
    addParameter(query, "account", credentials.username());
    if (lasting) {
      addParameter(query, "offline_token", "true");
      addParameter(query, "client_id", CLIENT_ID);
    }
    String separator = realm.getRawQuery() == null ? "?" : "&";
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(realm + separator + String.join("&", query)));
    if (!credentials.username().isEmpty()) {
      request.header("Authorization", basic(credentials));
    }
    return request.header("User-Agent", Session.USER_AGENT).GET().build();
  }

  private static HttpRequest refreshRequest(
      URI realm, Challenge challenge, Scope scope, Credentials credentials) {
    List<String> form = new ArrayList<>();
    addParameter(form, "grant_type", "refresh_token");
    addParameter(form, "service", challenge.parameter("service"));
    addParameter(form, "client_id", CLIENT_ID);
    addParameter(form, "scope", String.join(" ", scope.entries()));
    addParameter(form, "refresh_token", credentials.identityToken());
    return HttpRequest.newBuilder(realm)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("User-Agent", Session.USER_AGENT)
        .POST(BodyPublishers.ofString(String.join("&", form)))
        .build();
  }

  private static void addParameter(List<String> into, String name, String value) {
    if (!value.isEmpty()) {
      into.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
    }
  }

  private static String basic(Credentials credentials) {
    String pair = credentials.username() + ":" + credentials.password();
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }
}
