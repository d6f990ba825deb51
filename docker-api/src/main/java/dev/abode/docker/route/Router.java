package dev.abode.docker.route;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.failure.Failure;
import dev.abode.docker.http.Exchange;
import dev.abode.docker.http.HttpServer;
import dev.abode.docker.json.JsonDocument;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the route of a request, the first one of the table that matches, and turns what goes wrong
 * into Docker's error body. A path begins with a version, {@code /v1.44}, or not.
 */
public final class Router implements HttpServer.Handler {
  private static final Logger log = LoggerFactory.getLogger(Router.class);

  private final Map<String, List<Route>> routesByMethod;
  private final Map<String, String> commonFields;

  /**
   * @param commonFields header fields of every answer
   */
  public Router(List<Route> routes, Map<String, String> commonFields) {
    this.routesByMethod = routes.stream().collect(Collectors.groupingBy(Route::method));
    this.commonFields = Map.copyOf(commonFields);
  }

  @Override
  public void handle(Exchange exchange) throws IOException {
    commonFields.forEach(exchange::addField);
    try {
      dispatch(exchange);
    } catch (Exception e) {
      Failure failure = Failure.of(e);
      if (exchange.committed()) {
        // The status is out; all that is left is to end the connection without a proper end.
        log.debug("{} {} broke off", exchange.method(), exchange.path(), e);
        throw new IOException("the answer broke off", e);
      }
      if (failure.unexpected()) {
        log.error("{} {} failed", exchange.method(), exchange.path(), e);
      }
      answer(exchange, failure);
    }
  }

  private static void answer(Exchange exchange, Failure failure) throws IOException {
    if (failure.status() == 304) {
      exchange.respond(304);
      return;
    }
    byte[] body = new JsonDocument().with("message", failure.message()).bytes();
    exchange.respond(failure.status(), "application/json", body);
  }

  private void dispatch(Exchange exchange) throws Exception {
    String path = exchange.path();
    ApiVersion version = ApiVersion.NEWEST;
    if (path.startsWith("/v") && path.length() > 2 && Character.isDigit(path.charAt(2))) {
      int end = path.indexOf('/', 1);
      version = ApiVersion.parse(path.substring(2, end < 0 ? path.length() : end));
      path = end < 0 ? "/" : path.substring(end);
    }
    String[] segments = path.substring(path.startsWith("/") ? 1 : 0).split("/", -1);
    for (Route route : routesByMethod.getOrDefault(exchange.method(), List.of())) {
      Optional<Map<String, String>> parameters = route.pattern().match(segments);
      if (parameters.isPresent()) {
        route.handler().handle(new Call(exchange, version, parameters.get()));
        return;
      }
    }
    throw ApiException.notFound("page not found");
  }
}
