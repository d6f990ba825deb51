package dev.abode.image.registry;

import dev.abode.image.ImageException;
import dev.abode.image.Reference;
import dev.abode.image.RegistryOptions;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Where the registry of a reference is found: its mirrors in order, then itself. Docker Hub's name
 * in references is not its address.
 */
final class RegistryHosts {
  private static final String DOCKER_HUB_ADDRESS = "registry-1.docker.io";

  private final RegistryOptions options;
  private final Certificates certificates;
  private final Transport transport;

  RegistryHosts(RegistryOptions options, Certificates certificates, Transport transport) {
    this.options = options;
    this.certificates = certificates;
    this.transport = transport;
  }

  /** Where to read from: mirrors first, the registry itself last. */
  List<Endpoint> readable(String registry) {
    List<Endpoint> places = new ArrayList<>();
    for (String mirror : options.mirrors().getOrDefault(registry, List.of())) {
      places.add(mirror(mirror));
    }
    places.add(itself(registry));
    return List.copyOf(places);
  }

  /** Where to write to: mirrors are not written to. */
  Endpoint itself(String registry) {
    String host = registry.equals(Reference.DOCKER_HUB) ? DOCKER_HUB_ADDRESS : registry;
    boolean listed = options.insecure().contains(registry);
    boolean loopback = isLoopback(withoutPort(host));
    boolean ownCertificates = certificates.hasOwn(host);
    URI secure = URI.create("https://" + host);
    if (ownCertificates || !(listed || loopback)) {
      return new Endpoint(secure, false, listed);
    }
    Endpoint tls = new Endpoint(secure, false, listed);
    Endpoint plain = new Endpoint(URI.create("http://" + host), false, true);
    // On loopback plain HTTP is the rule and nobody listens in; elsewhere TLS has the first word.
    Endpoint first = loopback ? plain : tls;
    Endpoint second = loopback ? tls : plain;
    return speaksHere(first) ? first : second;
  }

  private Endpoint mirror(String text) {
    URI uri;
    try {
      uri = URI.create(text.contains("://") ? text : "https://" + text);
    } catch (IllegalArgumentException e) {
      throw unusableMirror(text);
    }
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    if (uri.getHost() == null || !(scheme.equals("https") || scheme.equals("http"))) {
      throw unusableMirror(text);
    }
    String path = uri.getPath() == null ? "" : uri.getPath().replaceAll("/+$", "");
    boolean plain = scheme.equals("http");
    boolean listed = options.insecure().contains(Endpoint.authority(uri));
    URI base = URI.create(scheme + "://" + uri.getAuthority() + path);
    return new Endpoint(base, true, plain || listed);
  }

  private static ImageException unusableMirror(String text) {
    return new ImageException(
        ImageException.Kind.INVALID_ARGUMENT,
        "the mirror \"" + text + "\" is not a URL such as https://mirror.example.com");
  }

  /** Whether a registry answers in this scheme. The question carries no secret. */
  private boolean speaksHere(Endpoint place) {
    HttpRequest question =
        HttpRequest.newBuilder(place.at("")).method("GET", BodyPublishers.noBody()).build();
    try (Reply reply = transport.exchange(question, () -> 0)) {
      // 400 is what a TLS server answers to plain HTTP.
      return reply.status() != 400 && reply.status() / 100 != 3;
    } catch (ConnectionFailure e) {
      return false;
    }
  }

  private static String withoutPort(String host) {
    int colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
  }

  /** Whether a host name or literal address certainly stays on this machine. */
  static boolean isLoopback(String host) {
    return host.equals("localhost")
        || host.equals("[::1]")
        || host.matches("127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}");
  }
}
