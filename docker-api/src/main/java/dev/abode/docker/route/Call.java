package dev.abode.docker.route;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.http.Exchange;
import dev.abode.docker.http.Query;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.json.JsonObject;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;

/**
 * A request that has found its route.
 *
 * @param version the client speaks
 * @param parameters from the path, decoded
 */
public record Call(Exchange exchange, ApiVersion version, Map<String, String> parameters) {
  /** The largest JSON document that is read from a client; Docker's own limit is 8 MiB. */
  private static final int MAX_DOCUMENT_BYTES = 8 << 20;

  /** A parameter from the path. */
  public String parameter(String name) {
    String value = parameters.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the route has no {" + name + "}");
    }
    return value;
  }

  public Query query() {
    return exchange.query();
  }

  /** The request's JSON object; an empty body is an empty object. */
  public JsonObject document() throws IOException {
    byte[] body = exchange.body().readNBytes(MAX_DOCUMENT_BYTES + 1);
    if (body.length > MAX_DOCUMENT_BYTES) {
      throw new ApiException(
          413, "the request body is larger than " + MAX_DOCUMENT_BYTES + " bytes");
    }
    return JsonObject.parse(body);
  }

  public void respond(int status) throws IOException {
    exchange.respond(status);
  }

  public void respond(int status, JsonDocument document) throws IOException {
    exchange.respond(status, "application/json", document.bytes());
  }

  public void respond(JsonDocument document) throws IOException {
    respond(200, document);
  }

  public void respond(Collection<?> list) throws IOException {
    exchange.respond(200, "application/json", JsonDocument.bytes(list));
  }
}
