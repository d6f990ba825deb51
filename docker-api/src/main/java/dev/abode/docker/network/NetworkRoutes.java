package dev.abode.docker.network;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.filter.Filters;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.route.Call;
import dev.abode.docker.route.Route;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The networks there always are, {@code none} and {@code host}, and an honest no to the rest, so
 * that clients that look around first can go on.
 */
public final class NetworkRoutes {
  private static final String NOT_YET =
      "networks of one's own are not supported yet; containers can use none and host";

  public List<Route> routes() {
    return List.of(
        Route.get("/networks", this::list),
        Route.get("/networks/{id}", this::inspect),
        Route.post("/networks/create", call -> refuse(NOT_YET)),
        Route.post("/networks/prune", call -> call.respond(pruned("NetworksDeleted"))),
        Route.post("/networks/{id}/connect", call -> refuse(NOT_YET)),
        Route.post("/networks/{id}/disconnect", call -> refuse(NOT_YET)),
        Route.delete("/networks/{id}", this::delete));
  }

  private static void refuse(String why) {
    throw ApiException.unsupported(why);
  }

  private static JsonDocument pruned(String member) {
    return new JsonDocument().with(member, JsonDocument.NULL);
  }

  private void list(Call call) throws IOException {
    Filters filters =
        Filters.parse(
            call.query().text("filters"),
            Set.of("name", "id", "driver", "type", "scope", "label", "dangling"));
    call.respond(
        BuiltInNetwork.ALL.stream()
            .filter(network -> filters.matches("name", network.name()))
            .filter(network -> filters.any("id", network.id()::startsWith))
            .filter(network -> filters.is("driver", network.driver()))
            .filter(network -> filters.is("type", "builtin"))
            .filter(network -> filters.is("scope", "local"))
            .filter(network -> filters.labels(Map.of()))
            .map(NetworkRoutes::document)
            .toList());
  }

  private void inspect(Call call) throws IOException {
    call.respond(document(find(call)));
  }

  private void delete(Call call) {
    throw new ApiException(
        403, find(call).name() + " is a pre-defined network and cannot be removed");
  }

  private static BuiltInNetwork find(Call call) {
    String wanted = call.parameter("id");
    return BuiltInNetwork.ALL.stream()
        .filter(network -> network.name().equals(wanted) || network.id().startsWith(wanted))
        .findFirst()
        .orElseThrow(() -> ApiException.notFound("network " + wanted + " not found"));
  }

  private static JsonDocument document(BuiltInNetwork network) {
    return new JsonDocument()
        .with("Name", network.name())
        .with("Id", network.id())
        .with("Created", "2026-01-01T00:00:00Z")
        .with("Scope", "local")
        .with("Driver", network.driver())
        .with("EnableIPv4", true)
        .with("EnableIPv6", false)
        .with(
            "IPAM",
            new JsonDocument()
                .with("Driver", "default")
                .with("Options", JsonDocument.NULL)
                .with("Config", List.of()))
        .with("Internal", false)
        .with("Attachable", false)
        .with("Ingress", false)
        .with("ConfigFrom", new JsonDocument().with("Network", ""))
        .with("ConfigOnly", false)
        .with("Containers", Map.of())
        .with("Options", Map.of())
        .with("Labels", Map.of());
  }
}
