package dev.abode.docker.container;

import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.json.JsonObject;
import dev.abode.docker.route.Call;
import dev.abode.docker.route.Route;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.instance.SnapshotInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Snapshots of instances: {@code POST} and {@code GET /abode/containers/{id}/snapshots}, {@code
 * DELETE …/snapshots/{name}}, {@code POST …/restore} with {@code Snapshot}, {@code POST …/clone}
 * with {@code Snapshot} and {@code Name}, and {@code GET /abode/snapshots} for those of all.
 */
public final class SnapshotRoutes {
  private final Engine engine;

  public SnapshotRoutes(Engine engine) {
    this.engine = engine;
  }

  public List<Route> routes() {
    return List.of(
        Route.post("/abode/containers/{id}/snapshots", this::create),
        Route.get("/abode/containers/{id}/snapshots", this::list),
        Route.delete("/abode/containers/{id}/snapshots/{name}", this::remove),
        Route.post("/abode/containers/{id}/restore", this::restore),
        Route.post("/abode/containers/{id}/clone", this::cloneFrom),
        Route.get("/abode/snapshots", this::all));
  }

  private Instance instance(Call call) {
    return engine.instance(call.parameter("id"));
  }

  private void create(Call call) throws IOException {
    Instance instance = instance(call);
    SnapshotInfo taken = instance.snapshot(call.document().nonEmptyText("Name"));
    call.respond(201, document(instance, taken));
  }

  private void list(Call call) throws IOException {
    call.respond(documents(instance(call)));
  }

  private void all(Call call) throws IOException {
    List<JsonDocument> all = new ArrayList<>();
    for (Instance instance : engine.instances()) {
      all.addAll(documents(instance));
    }
    call.respond(all);
  }

  private static List<JsonDocument> documents(Instance instance) throws IOException {
    return instance.snapshots().stream().map(snapshot -> document(instance, snapshot)).toList();
  }

  private static JsonDocument document(Instance instance, SnapshotInfo snapshot) {
    return new JsonDocument()
        .with("Name", snapshot.name())
        .with("Container", instance.info().name())
        .with("Created", GoTime.text(snapshot.created()))
        .with("Running", snapshot.running())
        .with("StoodStillMillis", snapshot.stoodStill().toMillis())
        .with("Size", snapshot.sizeBytes())
        .with("OwnSize", snapshot.ownBytes());
  }

  private void remove(Call call) throws IOException {
    instance(call).removeSnapshot(call.parameter("name"));
    call.respond(204);
  }

  private void restore(Call call) throws IOException, InterruptedException {
    instance(call).restore(call.document().nonEmptyText("Snapshot"));
    call.respond(204);
  }

  private void cloneFrom(Call call) throws IOException, InterruptedException {
    JsonObject asked = call.document();
    Instance clone =
        instance(call).cloneFrom(asked.nonEmptyText("Snapshot"), asked.nonEmptyText("Name"));
    call.respond(201, new JsonDocument().with("Id", clone.id()).with("Name", clone.info().name()));
  }
}
