package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.filter.Filters;
import dev.abode.docker.http.Query;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.json.JsonObject;
import dev.abode.docker.route.Call;
import dev.abode.docker.route.Route;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceInfo;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.ProcessTable;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.instance.WaitCondition;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** The table of {@code /containers}, and the verbs that need no more than a few lines. */
public final class ContainerRoutes {
  private static final Set<String> KILLING = Set.of("SIGKILL", "KILL", "9");

  private final Engine engine;
  private final ContainerDocuments documents;

  public ContainerRoutes(Engine engine, ContainerDocuments documents) {
    this.engine = engine;
    this.documents = documents;
  }

  public List<Route> routes() {
    ContainerCreation creation = new ContainerCreation(engine);
    ContainerList list = new ContainerList(engine, documents);
    ContainerLogs logs = new ContainerLogs(engine);
    ContainerStats stats = new ContainerStats(engine);
    ContainerArchive archive = new ContainerArchive(engine);
    ContainerAttachment attachment = new ContainerAttachment(engine);
    ContainerWait waiting = new ContainerWait(engine);
    return List.of(
        Route.get("/containers/json", list::list),
        Route.post("/containers/create", creation::create),
        Route.post("/containers/prune", this::prune),
        Route.get("/containers/{id}/json", this::inspect),
        Route.get("/containers/{id}/top", this::top),
        Route.get("/containers/{id}/logs", logs::logs),
        Route.get("/containers/{id}/changes", this::changes),
        Route.get("/containers/{id}/export", archive::export),
        Route.get("/containers/{id}/stats", stats::stats),
        Route.post("/containers/{id}/resize", this::resize),
        Route.post("/containers/{id}/start", this::start),
        Route.post("/containers/{id}/stop", this::stop),
        Route.post("/containers/{id}/restart", this::restart),
        Route.post("/containers/{id}/kill", this::kill),
        Route.post("/containers/{id}/update", this::update),
        Route.post("/containers/{id}/rename", this::rename),
        Route.post("/containers/{id}/pause", this::pause),
        Route.post("/containers/{id}/unpause", this::unpause),
        Route.post("/containers/{id}/attach", attachment::attach),
        Route.get(
            "/containers/{id}/attach/ws",
            call -> {
              throw ApiException.unsupported(
                  "attaching by WebSocket is not supported; use POST /containers/{id}/attach");
            }),
        Route.post("/containers/{id}/wait", waiting::waitFor),
        Route.delete("/containers/{id}", this::remove),
        Route.head("/containers/{id}/archive", archive::stat),
        Route.get("/containers/{id}/archive", archive::copyOut),
        Route.put("/containers/{id}/archive", archive::copyIn),
        Route.post("/commit", new ContainerCommit(engine)::commit));
  }

  private Instance instance(Call call) {
    return engine.instance(call.parameter("id"));
  }

  private void inspect(Call call) throws IOException {
    call.respond(documents.inspect(instance(call), call.query().flag("size")));
  }

  private void start(Call call) throws IOException {
    if (call.query().has("checkpoint")) {
      throw ApiException.unsupported("checkpoints are not supported");
    }
    call.respond(instance(call).start() ? 204 : 304);
  }

  private void stop(Call call) throws IOException, InterruptedException {
    boolean wasRunning = instance(call).stop(timeout(call.query()), call.query().text("signal"));
    call.respond(wasRunning ? 204 : 304);
  }

  private void restart(Call call) throws IOException, InterruptedException {
    instance(call).restart(timeout(call.query()), call.query().text("signal"));
    call.respond(204);
  }

  private static Optional<Duration> timeout(Query query) {
    OptionalInt seconds = query.number("t");
    return seconds.isPresent()
        ? Optional.of(Duration.ofSeconds(seconds.getAsInt()))
        : Optional.empty();
  }

  private void kill(Call call) throws IOException, InterruptedException {
    Instance instance = instance(call);
    String signal = call.query().text("signal").orElse("SIGKILL");
    instance.kill(signal);
    if (KILLING.contains(signal.toUpperCase(Locale.ROOT))) {
      // As in Docker, what nobody can catch has happened when the answer comes: clients remove the
      // container next.
      call.exchange().whenClientLeaves(Thread.currentThread()::interrupt);
      instance.await(WaitCondition.NOT_RUNNING);
    }
    call.respond(204);
  }

  private void pause(Call call) throws IOException {
    instance(call).pause();
    call.respond(204);
  }

  private void unpause(Call call) throws IOException {
    instance(call).unpause();
    call.respond(204);
  }

  private void rename(Call call) throws IOException {
    String name =
        call.query()
            .text("name")
            .map(given -> given.startsWith("/") ? given.substring(1) : given)
            .orElseThrow(() -> ApiException.invalid("Neither old nor new names may be empty"));
    instance(call).rename(name);
    call.respond(204);
  }

  private void resize(Call call) throws IOException {
    Query query = call.query();
    instance(call).resize(query.number("h").orElse(0), query.number("w").orElse(0));
    call.respond(200);
  }

  private void update(Call call) throws IOException {
    JsonObject document = call.document();
    Optional<RestartPolicy> restart =
        document
            .object("RestartPolicy")
            .filter(policy -> policy.says("Name"))
            .map(SpecReader::restartPolicy);
    List<String> warnings = instance(call).update(LimitsReader.read(document), restart);
    call.respond(new JsonDocument().withOrNull("Warnings", warnings));
  }

  private void remove(Call call) throws IOException, InterruptedException {
    Query query = call.query();
    if (query.flag("link")) {
      throw ApiException.unsupported("links are not supported, so there is none to remove");
    }
    instance(call).remove(query.flag("force"), query.flag("v"));
    call.respond(204);
  }

  private void top(Call call) throws IOException {
    List<String> arguments =
        call.query()
            .text("ps_args")
            .map(text -> List.of(text.strip().split("\\s+", -1)))
            .orElse(List.of());
    ProcessTable table = instance(call).processes(arguments);
    call.respond(new JsonDocument().with("Titles", table.titles()).with("Processes", table.rows()));
  }

  private void changes(Call call) throws IOException {
    call.respond(
        instance(call).changes().stream()
            .map(
                change ->
                    new JsonDocument()
                        .with("Path", change.path())
                        .with(
                            "Kind",
                            switch (change.kind()) {
                              case MODIFIED -> 0;
                              case ADDED -> 1;
                              case DELETED -> 2;
                            }))
            .toList());
  }

  private void prune(Call call) throws IOException, InterruptedException {
    Filters filters =
        Filters.parse(call.query().text("filters"), Set.of("until", "label", "label!"));
    Optional<Instant> until = filters.first("until").map(text -> GoTime.parse(text, Instant.now()));
    List<String> removed = new ArrayList<>();
    long reclaimed = 0;
    for (Instance instance : engine.instances()) {
      try {
        InstanceInfo info = instance.info();
        if (isIdle(info.state().status())
            && until.filter(time -> !info.created().isBefore(time)).isEmpty()
            && filters.labels(documents.labels(info))) {
          long bytes = instance.writableLayerBytes();
          instance.remove(false, false);
          removed.add(info.id());
          reclaimed += bytes;
        }
      } catch (EngineException e) {
        // Started or removed by somebody else meanwhile: then it is not ours to prune.
        if (e.kind() != EngineException.Kind.NOT_FOUND
            && e.kind() != EngineException.Kind.CONFLICT) {
          throw e;
        }
      }
    }
    call.respond(
        new JsonDocument()
            .withOrNull("ContainersDeleted", removed)
            .with("SpaceReclaimed", reclaimed));
  }

  private static boolean isIdle(InstanceStatus status) {
    return switch (status) {
      case CREATED, EXITED, DEAD -> true;
      case RUNNING, PAUSED, RESTARTING, REMOVING -> false;
    };
  }
}
