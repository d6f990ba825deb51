package dev.abode.image.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;

/** A server that says whatever a test wants, for what no real registry does. */
final class FakeRegistry implements AutoCloseable {
  private final HttpServer http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final Behaviour behaviour;

  /** What it does with a request it has recorded; unanswered ones get 404. */
  @FunctionalInterface
  interface Behaviour {
    void answer(HttpExchange exchange) throws IOException;
  }

  /** One request; {@code authorization} and {@code range} are empty if absent. */
  record Request(String method, String path, String authorization, String range) {}

  FakeRegistry(Behaviour behaviour) throws IOException {
    this(HttpServer.create(anyPort(), 0), behaviour);
  }

  /** One that speaks TLS. */
  FakeRegistry(SSLContext tls, Behaviour behaviour) throws IOException {
    this(secure(tls), behaviour);
  }

  private FakeRegistry(HttpServer http, Behaviour behaviour) {
    this.behaviour = behaviour;
    this.http = http;
    http.setExecutor(threads);
    http.createContext("/", this::handle);
    http.start();
  }

  private static HttpServer secure(SSLContext tls) throws IOException {
    HttpsServer server = HttpsServer.create(anyPort(), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    return server;
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  String host() {
    return "127.0.0.1:" + http.getAddress().getPort();
  }

  List<Request> requests() {
    return List.copyOf(requests);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.add(
          new Request(
              exchange.getRequestMethod(),
              exchange.getRequestURI().toString(),
              header(exchange, "Authorization"),
              header(exchange, "Range")));
      behaviour.answer(exchange);
      if (exchange.getResponseCode() < 0) {
        exchange.sendResponseHeaders(404, -1);
      }
    }
  }

  private static String header(HttpExchange exchange, String name) {
    return exchange.getRequestHeaders().getOrDefault(name, List.of("")).getFirst();
  }

  /** Sends a whole body. */
  static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
    if (!type.isEmpty()) {
      exchange.getResponseHeaders().set("Content-Type", type);
    }
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
  }

  /** Sends a whole body. */
  static void send(HttpExchange exchange, int status, String type, String body) throws IOException {
    send(exchange, status, type, body.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}
