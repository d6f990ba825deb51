package dev.abode.image.registry;

import dev.abode.image.ImageException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;

/**
 * Single HTTP exchanges, one client for each host that has certificates of its own. Knows nothing
 * of credentials and follows no redirect: both are decided where the secret is known.
 */
final class Transport implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(15);

  private final Certificates certificates;
  private final Set<String> unverified;
  private final Duration idle;
  private final Map<String, HttpClient> clients = new ConcurrentHashMap<>();

  /**
   * @param unverified hosts, with port, whose certificates are taken as they are
   * @param idle how long a peer may be silent before the connection counts as broken
   */
  Transport(Certificates certificates, Set<String> unverified, Duration idle) {
    this.certificates = certificates;
    this.unverified =
        unverified.stream()
            .map(host -> host.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());
    this.idle = idle;
  }

  /**
   * Sends a request and waits for the head of the answer.
   *
   * @param sent how many bytes of the request's body have left; silence is counted from the last
   */
  Reply exchange(HttpRequest request, LongSupplier sent) throws ConnectionFailure {
    Duration silence = silence(request);
    CompletableFuture<HttpResponse<InputStream>> answer =
        client(request).sendAsync(request, BodyHandlers.ofInputStream());
    try {
      for (long seen = -1; seen != sent.getAsLong(); ) {
        seen = sent.getAsLong();
        try {
          return new Reply(answer.get(silence.toMillis(), TimeUnit.MILLISECONDS), idle);
        } catch (TimeoutException e) {
          // Silent so far; the peer is given up only if meanwhile no byte has left either.
        }
      }
    } catch (InterruptedException e) {
      answer.cancel(true);
      throw interrupted(e);
    } catch (ExecutionException e) {
      throw failure(request, e);
    }
    answer.cancel(true);
    throw ConnectionFailure.broken(
        request.method()
            + " "
            + Endpoint.authority(request.uri())
            + " got no answer within "
            + silence.toSeconds()
            + " s");
  }

  /** A registry that was sent gigabytes hashes them before it answers. */
  private Duration silence(HttpRequest request) {
    boolean sends = request.method().equals("PUT") || request.method().equals("PATCH");
    return sends ? idle.multipliedBy(10) : idle;
  }

  private HttpClient client(HttpRequest request) {
    String host = Endpoint.authority(request.uri());
    boolean tls = "https".equalsIgnoreCase(request.uri().getScheme());
    boolean insecure = unverified.contains(host);
    String key;
    if (!tls) {
      key = "http";
    } else if (insecure) {
      key = "unverified " + host;
    } else {
      key = certificates.hasOwn(host) ? "https " + host : "https";
    }
    return clients.computeIfAbsent(key, k -> client(host, tls, insecure));
  }

  private HttpClient client(String host, boolean tls, boolean insecure) {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT)
            .proxy(EnvironmentProxies.ofProcess())
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            // In plain text the client would ask every server to upgrade, and some stumble.
            .version(tls ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1);
    if (tls) {
      builder.sslContext(certificates.contextFor(host, insecure));
    }
    return builder.build();
  }

  private static ConnectionFailure failure(HttpRequest request, ExecutionException e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    String host = Endpoint.authority(request.uri());
    if (has(cause, UnknownHostException.class) || has(cause, UnresolvedAddressException.class)) {
      return ConnectionFailure.unreachable("no address is known for the host " + host, cause);
    }
    if (has(cause, HttpConnectTimeoutException.class)) {
      return ConnectionFailure.unreachable(
          host + " did not answer within " + CONNECT.toSeconds() + " s", cause);
    }
    if (has(cause, ConnectException.class)) {
      return ConnectionFailure.unreachable(
          "connecting to " + host + " failed (" + Reply.words(cause) + "); is it running?", cause);
    }
    if (has(cause, SSLException.class)) {
      return ConnectionFailure.unreachable(
          "no TLS with "
              + host
              + " ("
              + Reply.words(cause)
              + "); the CA of a private registry belongs into /etc/abode/certs.d/"
              + host
              + "/ca.crt, and one without TLS must be listed as insecure",
          cause);
    }
    return ConnectionFailure.broken(
        "the connection to " + host + " broke: " + Reply.words(cause), cause);
  }

  private static boolean has(Throwable chain, Class<? extends Throwable> kind) {
    for (Throwable e = chain; e != null; e = e.getCause()) {
      if (kind.isInstance(e)) {
        return true;
      }
    }
    return false;
  }

  /** Ends work whose thread was asked to stop; the thread stays marked. */
  static ImageException interrupted(Exception cause) {
    Thread.currentThread().interrupt();
    return new ImageException(
        ImageException.Kind.UNAVAILABLE,
        "the transfer was cancelled; what has come is kept for the next try",
        cause);
  }

  @Override
  public void close() {
    clients.values().forEach(HttpClient::shutdownNow);
    clients.clear();
  }
}
