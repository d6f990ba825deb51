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
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** The table of {@code /volumes}. */
public final class VolumeRoutes {
  private static final String ANONYMOUS = "[0-9a-f]{64}";

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
          && filters.labels(Map.of())
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
    for (String member : List.of("DriverOpts", "Labels", "ClusterVolumeSpec")) {
      if (body.says(member)) {
        throw ApiException.unsupported(member + " of volumes are not supported yet");
      }
    }
    String name = body.nonEmptyText("Name").orElseGet(VolumeRoutes::randomName);
    call.respond(201, VolumeDocuments.document(engine.volumes().create(name)));
  }

  private static String randomName() {
    byte[] bytes = new byte[32];
    ThreadLocalRandom.current().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
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
    Filters filters = Filters.parse(call.query().text("filters"), Set.of("all"));
    boolean all = filters.flag("all").orElse(!call.version().atLeast(42));
    List<String> removed = new ArrayList<>();
    long bytes = 0;
    for (VolumeInfo volume : engine.volumes().list()) {
      if (!all && !volume.name().matches(ANONYMOUS)) {
        continue;
      }
      try {
        long size = VolumeDocuments.sizeBytes(volume.folder());
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
    call.respond(
        new JsonDocument().withOrNull("VolumesDeleted", removed).with("SpaceReclaimed", bytes));
  }
}
