package dev.abode.image.registry;

import dev.abode.image.Credentials;
import dev.abode.image.ImageException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Talk with one endpoint about one repository as one user: authorizes, follows redirects, and turns
 * answers that ask for patience into {@link ConnectionFailure}. Safe for many threads.
 */
final class Session {
  static final String USER_AGENT = "abode/0.1";
  private static final int MOST_REDIRECTS = 10;

  private final Endpoint endpoint;
  private final String repository;
  private final Scope scope;
  private final Credentials credentials;
  private final Transport transport;
  private final Authorizer authorizer;

  Session(
      Endpoint endpoint,
      String repository,
      Scope scope,
      Credentials credentials,
      Transport transport,
      Authorizer authorizer) {
    this.endpoint = endpoint;
    this.repository = repository;
    this.scope = scope;
    this.credentials = credentials;
    this.transport = transport;
    this.authorizer = authorizer;
  }

  Endpoint endpoint() {
    return endpoint;
  }

  String repository() {
    return repository;
  }

  /** The same with a token that also reads {@code other}, to mount blobs from there. */
  Session reading(String other) {
    return new Session(
        endpoint, repository, scope.andPull(other), credentials, transport, authorizer);
  }

  /** A URL under this repository, for example of {@code manifests/latest}. */
  URI at(String path) {
    return endpoint.at(repository + "/" + path);
  }

  /**
   * A request.
   *
   * @param body made anew for each try
   * @param sent how many bytes of the body have left
   */
  record Call(
      String method,
      URI uri,
      Map<String, String> headers,
      Supplier<BodyPublisher> body,
      LongSupplier sent) {
    Call {
      headers = Map.copyOf(headers);
    }

    static Call of(String method, URI uri) {
      return new Call(method, uri, Map.of(), BodyPublishers::noBody, () -> 0);
    }

    Call with(String name, String value) {
      Map<String, String> more = new LinkedHashMap<>(headers);
      more.put(name, value);
      return new Call(method, uri, more, body, sent);
    }

    Call with(Supplier<BodyPublisher> content, LongSupplier sentBytes) {
      return new Call(method, uri, headers, content, sentBytes);
    }

    private Call movedTo(URI elsewhere, boolean asGet) {
      return asGet
          ? new Call("GET", elsewhere, headers, BodyPublishers::noBody, () -> 0)
          : new Call(method, elsewhere, headers, body, sent);
    }
  }

  /**
   * Sends a request; introduces itself if asked to.
   *
   * @return the answer with any status but those of redirects and of {@link Refusal#isTransient}
   * @throws ImageException of kind UNAUTHORIZED if a token server refuses the credentials
   */
  Reply send(Call call) throws ConnectionFailure {
    Optional<String> known = authorizer.known(endpoint, scope, credentials);
    Reply first = follow(call, known);
    Reply reply =
        first.status() == 401 && endpoint.sameOrigin(first.uri())
            ? follow(call, Optional.of(introduction(first, known)))
            : first;
    if (!Refusal.isTransient(reply.status())) {
      return reply;
    }
    try (reply) {
      throw Refusal.transientFailure(reply);
    }
  }

  /** The header that {@code refusal} asks for; what was known may have ended early. */
  private String introduction(Reply refusal, Optional<String> refused) throws ConnectionFailure {
    try (refusal) {
      List<Challenge> challenges = Challenge.parse(refusal.headers("WWW-Authenticate"));
      Optional<String> header =
          authorizer.answer(endpoint, challenges, scope, credentials, refused);
      if (header.isEmpty()) {
        throw unauthorized(refusal);
      }
      return header.get();
    }
  }

  /** How this endpoint wants its users to introduce themselves; empty if it does not. */
  List<Challenge> challenges() throws ConnectionFailure {
    try (Reply reply = follow(Call.of("GET", endpoint.at("")), Optional.empty())) {
      return reply.status() == 401 ? Challenge.parse(reply.headers("WWW-Authenticate")) : List.of();
    }
  }

  private ImageException unauthorized(Reply reply) throws ConnectionFailure {
    return new ImageException(
        ImageException.Kind.UNAUTHORIZED,
        "access to "
            + (repository.isEmpty() ? "" : repository + " at ")
            + endpoint
            + " denied for "
            + credentials
            + Refusal.reasons(reply)
            + "; log in to this registry, or check the name");
  }

  private Reply follow(Call first, Optional<String> authorization) throws ConnectionFailure {
    Call call = first;
    for (int hops = 0; hops <= MOST_REDIRECTS; hops++) {
      Reply reply = transport.exchange(request(call, authorization), call.sent());
      boolean asGet = reply.status() == 303 && !call.method().equals("HEAD");
      switch (reply.status()) {
        case 301, 302, 303, 307, 308 -> {
          try (reply) {
            call = call.movedTo(target(reply), asGet);
          }
        }
        default -> {
          return reply;
        }
      }
    }
    throw new ImageException(
        ImageException.Kind.INVALID_ARGUMENT,
        first.method()
            + " "
            + first.uri()
            + " was redirected more than "
            + MOST_REDIRECTS
            + " times, now to "
            + call.uri()
            + "; the registry is misconfigured");
  }

  private HttpRequest request(Call call, Optional<String> authorization) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(call.uri())
            .method(call.method(), call.body().get())
            .header("User-Agent", USER_AGENT);
    call.headers().forEach(request::header);
    // A registry sends blobs' readers to a storage host; the secret is not for that one.
    if (endpoint.sameOrigin(call.uri())) {
      authorization.ifPresent(value -> request.header("Authorization", value));
    }
    return request.build();
  }

  private URI target(Reply reply) {
    return location(reply)
        .orElseThrow(
            () ->
                new ImageException(
                    ImageException.Kind.INVALID_ARGUMENT,
                    reply.uri()
                        + " redirects to \""
                        + Document.printable(reply.header("Location").orElse(""))
                        + "\", where this client does not go"
                        + " (an http URL from an https one, or no URL)"));
  }

  /** {@code Location} of an answer; empty if there is none that may be followed. */
  Optional<URI> location(Reply reply) {
    try {
      URI target = reply.uri().resolve(reply.header("Location").orElse("\\"));
      String scheme = target.getScheme() == null ? "" : target.getScheme().toLowerCase(Locale.ROOT);
      boolean cameSafely = reply.uri().getScheme().equalsIgnoreCase("https");
      boolean plainIsFine = !cameSafely || endpoint.insecure();
      boolean mayGo = scheme.equals("https") || (scheme.equals("http") && plainIsFine);
      return mayGo && target.getHost() != null ? Optional.of(target) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
