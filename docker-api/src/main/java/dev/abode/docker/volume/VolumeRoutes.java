package dev.abode.docker.volume;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.filter.Filters;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.json.JsonObject;
import dev.abode.docker.route.Call;
import dev.abode.docker.route.Route;
import dev.abode.engine.Engine;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.VolumeInfo;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The table of {@code /volumes}. */
public final class VolumeRoutes {
  private final Engine engine;

  public VolumeRoutes(Engine engine) {
    this.engine = engine;
  }

  public List<Route> routes() {
    return List.of(
        Route.get("/volumes", this::list),
        Route.post("/volumes/create", this::create),
        Route.post("/volumes/prune", this::prune),
        Route.get("/volumes/{name}", this::inspect),
        Route.get("/volumes/{name}/export", this::export),
        Route.post("/volumes/{name}/import", this::restore),
        Route.delete("/volumes/{name}", this::remove));
  }

  private void list(Call call) throws IOException {
    Filters filters =
        Filters.parse(
            call.query().text("filters"), Set.of("name", "dangling", "driver", "label", "label!"));
    Optional<Boolean> dangling = filters.flag("dangling");
    List<JsonDocument> volumes = new ArrayList<>();
    for (VolumeInfo volume : engine.volumes().list()) {
      boolean unused = engine.volumes().users(volume.name()).isEmpty();
      if (filters.matches("name", volume.name())
          && filters.is("driver", "local")
          && filters.labels(volume.labels())
          && dangling.filter(wanted -> wanted != unused).isEmpty()) {
        volumes.add(VolumeDocuments.document(volume));
      }
    }
    call.respond(new JsonDocument().with("Volumes", volumes).with("Warnings", JsonDocument.NULL));
  }

  private void create(Call call) throws IOException {
    JsonObject body = call.document();
    String driver = body.textOrEmpty("Driver");
    if (!driver.isEmpty() && !driver.equals("local")) {
      throw ApiException.unsupported("the volume driver \"" + driver + "\" is not supported");
    }
    if (body.says("ClusterVolumeSpec")) {
      throw ApiException.unsupported("cluster volumes are not supported: there is no swarm");
    }
    VolumeInfo volume =
        engine
            .volumes()
            .create(body.nonEmptyText("Name"), body.textMap("DriverOpts"), body.textMap("Labels"));
    call.respond(201, VolumeDocuments.document(volume));
  }

  /** A route of our own: the content as a tar, as podman has it. */
  private void export(Call call) throws IOException {
    String name = engine.volumes().require(call.parameter("name")).name();
    try (OutputStream tar = call.exchange().stream(200, "application/x-tar")) {
      engine.volumes().exportContent(name, tar);
    }
  }

  private void restore(Call call) throws IOException {
    engine.volumes().importContent(call.parameter("name"), call.exchange().body());
    call.respond(204);
  }

  private void inspect(Call call) throws IOException {
    call.respond(VolumeDocuments.document(engine.volumes().require(call.parameter("name"))));
  }

  private void remove(Call call) throws IOException {
    String name = call.parameter("name");
    if (!call.query().flag("force") || engine.volumes().find(name).isPresent()) {
      engine.volumes().remove(name);
    }
    call.respond(204);
  }

  /** Removes those that nobody named, and with {@code all=true} named ones too. */
  private void prune(Call call) throws IOException {
    Filters filters = Filters.parse(call.query().text("filters"), Set.of("all", "label", "label!"));
    boolean all = filters.flag("all").orElse(!call.version().atLeast(42));
    List<String> removed = new ArrayList<>();
    long bytes = 0;
    for (VolumeInfo volume : engine.volumes().list()) {
      if ((!all && !volume.anonymous()) || !filters.labels(volume.labels())) {
        continue;
      }
      try {
        long size = engine.volumes().takenBytes(volume).orElse(0);
        engine.volumes().remove(volume.name());
        removed.add(volume.name());
        bytes += size;
      } catch (EngineException e) {
        // In use, or removed by somebody else meanwhile: then it is not ours to prune.
        if (e.kind() != EngineException.Kind.CONFLICT
            && e.kind() != EngineException.Kind.NOT_FOUND) {
          throw e;
        }
      }
    }
    engine.publish("volume", "prune", "", Map.of("reclaimed", Long.toString(bytes)));
    call.respond(
        new JsonDocument().withOrNull("VolumesDeleted", removed).with("SpaceReclaimed", bytes));
  }
}
