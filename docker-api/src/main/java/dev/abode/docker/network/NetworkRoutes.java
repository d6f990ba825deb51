package dev.abode.docker.network;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.filter.Filters;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.json.JsonObject;
import dev.abode.docker.route.Call;
import dev.abode.docker.route.Route;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.network.NetworkInfo;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The table of {@code /networks}. */
public final class NetworkRoutes {
  private static final Set<String> FILTERS =
      Set.of("name", "id", "driver", "type", "scope", "label", "dangling");

  private final Engine engine;

  public NetworkRoutes(Engine engine) {
    this.engine = engine;
  }

  public List<Route> routes() {
    return List.of(
        Route.get("/networks", this::list),
        Route.get("/networks/{id}", this::inspect),
        Route.post("/networks/create", this::create),
        Route.post("/networks/prune", this::prune),
        Route.post("/networks/{id}/connect", this::connect),
        Route.post("/networks/{id}/disconnect", this::disconnect),
        Route.delete("/networks/{id}", this::remove));
  }

  private void list(Call call) throws IOException {
    Filters filters = Filters.parse(call.query().text("filters"), FILTERS);
    for (String type : filters.all("type")) {
      if (!type.equals("custom") && !type.equals("builtin")) {
        throw ApiException.invalid("invalid filter 'type=" + type + "'; there are custom, builtin");
      }
    }
    Optional<Boolean> dangling = filters.flag("dangling");
    call.respond(
        engine.networks().list().stream()
            .filter(network -> filters.matches("name", network.name()))
            .filter(network -> filters.any("id", network.id()::contains))
            .filter(network -> filters.is("driver", network.kind().driver()))
            .filter(network -> filters.is("type", network.isBuiltIn() ? "builtin" : "custom"))
            .filter(network -> filters.is("scope", "local"))
            .filter(network -> filters.labels(network.labels()))
            .filter(network -> dangling.isEmpty() || dangling.get() == isDangling(network))
            .map(NetworkDocuments::summary)
            .toList());
  }

  private boolean isDangling(NetworkInfo network) {
    return !network.isBuiltIn() && engine.networks().members(network).isEmpty();
  }

  private void inspect(Call call) throws IOException {
    String scope = call.query().text("scope").orElse("");
    NetworkInfo network = engine.networks().require(call.parameter("id"));
    if (!scope.isEmpty() && !scope.equals("local")) {
      throw ApiException.notFound("network " + call.parameter("id") + " not found");
    }
    call.respond(NetworkDocuments.inspect(network, engine));
  }

  private void create(Call call) throws IOException {
    NetworkInfo network = engine.networks().create(NetworkSpecReader.network(call.document()));
    call.respond(201, new JsonDocument().with("Id", network.id()).with("Warning", ""));
  }

  private void remove(Call call) throws IOException {
    engine.networks().remove(call.parameter("id"));
    call.respond(204);
  }

  private void prune(Call call) throws IOException {
    Filters filters =
        Filters.parse(call.query().text("filters"), Set.of("until", "label", "label!"));
    Optional<Instant> until = filters.first("until").map(text -> GoTime.parse(text, Instant.now()));
    List<String> removed =
        engine
            .networks()
            .prune(
                network ->
                    filters.labels(network.labels())
                        && until.filter(t -> !network.created().isBefore(t)).isEmpty());
    engine.publish("network", "prune", "", Map.of("reclaimed", "0"));
    call.respond(new JsonDocument().withOrNull("NetworksDeleted", removed));
  }

  private void connect(Call call) throws IOException {
    JsonObject body = call.document();
    engine
        .networks()
        .connect(
            container(body),
            NetworkSpecReader.endpoint(call.parameter("id"), body.objectOrEmpty("EndpointConfig")));
    call.respond(200);
  }

  private void disconnect(Call call) throws IOException {
    JsonObject body = call.document();
    engine.networks().disconnect(container(body), call.parameter("id"), body.flag("Force"));
    call.respond(200);
  }

  private static String container(JsonObject body) {
    return body.nonEmptyText("Container")
        .orElseThrow(() -> ApiException.invalid("no container: Container must not be empty"));
  }
}
