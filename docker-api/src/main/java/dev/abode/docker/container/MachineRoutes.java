package dev.abode.docker.container;

import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.route.Call;
import dev.abode.docker.route.Route;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.instance.MachineTemplate;
import java.io.IOException;
import java.util.List;

/**
 * Saved virtual machines that others start from: {@code POST /abode/images/{name}/warm} with {@code
 * Memory} and {@code NanoCpus} as at a creation and {@code Networks}, how many they are in, {@code
 * GET /abode/templates} and {@code POST /abode/templates/prune}.
 */
public final class MachineRoutes {
  private final Engine engine;

  public MachineRoutes(Engine engine) {
    this.engine = engine;
  }

  public List<Route> routes() {
    return List.of(
        Route.post("/abode/images/{name*}/warm", this::warm),
        Route.get("/abode/templates", this::list),
        Route.post("/abode/templates/prune", this::prune));
  }

  private void warm(Call call) throws IOException {
    boolean made =
        engine.warm(
            call.parameter("name"),
            LimitsReader.read(call.document()),
            call.document().integer("Networks").orElse(1));
    call.respond(new JsonDocument().with("Made", made));
  }

  private void list(Call call) throws IOException {
    call.respond(engine.templates().stream().map(MachineRoutes::document).toList());
  }

  private static JsonDocument document(MachineTemplate template) {
    return new JsonDocument()
        .with("Id", template.id())
        .with("Kernel", template.kernel())
        .with("Hypervisor", template.hypervisor())
        .with("Memory", template.memoryBytes())
        .with("Cpus", template.cpus())
        .with("Layers", template.layers())
        .with("Size", template.sizeBytes())
        .with("Created", GoTime.text(template.created()));
  }

  private void prune(Call call) throws IOException {
    call.respond(new JsonDocument().with("SpaceReclaimed", engine.pruneTemplates()));
  }
}
