package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.filter.Filters;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.route.Call;
import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceInfo;
import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.MountSpec;
import dev.abode.image.Image;
import dev.abode.image.ImageConfig;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** {@code GET /containers/json}: which instances there are, narrowed down. */
final class ContainerList {
  private static final Set<String> FILTERS =
      Set.of(
          "id",
          "name",
          "label",
          "label!",
          "status",
          "ancestor",
          "exited",
          "before",
          "since",
          "health",
          "volume",
          "network",
          "is-task",
          "isolation",
          "publish",
          "expose");
  private static final Set<String> STATUSES =
      Set.of("created", "running", "paused", "restarting", "removing", "exited", "dead");

  private final Engine engine;
  private final ContainerDocuments documents;

  ContainerList(Engine engine, ContainerDocuments documents) {
    this.engine = engine;
    this.documents = documents;
  }

  void list(Call call) throws IOException {
    Filters filters = Filters.parse(call.query().text("filters"), FILTERS);
    for (String status : filters.all("status")) {
      if (!STATUSES.contains(status)) {
        throw ApiException.invalid("invalid filter 'status=" + status + "'");
      }
    }
    int limit = call.query().number("limit").orElse(0);
    boolean all =
        call.query().flag("all")
            || limit > 0
            || filters.has("status")
            || filters.has("exited")
            || filters.has("before")
            || filters.has("since");
    boolean size = call.query().flag("size");
    Optional<Instant> before = filters.first("before").map(this::createdOf);
    Optional<Instant> since = filters.first("since").map(this::createdOf);
    List<JsonDocument> list = new ArrayList<>();
    for (Instance instance : engine.instances()) {
      Optional<InstanceInfo> found = infoOf(instance);
      if (found.isEmpty() || !(all || found.get().state().running())) {
        continue;
      }
      InstanceInfo info = found.get();
      boolean inTime =
          before.filter(t -> !info.created().isBefore(t)).isEmpty()
              && since.filter(t -> !info.created().isAfter(t)).isEmpty();
      if (inTime && matches(info, filters)) {
        list.add(size ? withSize(instance, info) : documents.summary(info));
        if (limit > 0 && list.size() == limit) {
          break;
        }
      }
    }
    call.respond(list);
  }

  /** One that is removed while we look is not in the list. */
  private static Optional<InstanceInfo> infoOf(Instance instance) {
    try {
      return Optional.of(instance.info());
    } catch (EngineException e) {
      if (e.kind() == EngineException.Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private Instant createdOf(String nameOrId) {
    return engine.instance(nameOrId).info().created();
  }

  private JsonDocument withSize(Instance instance, InstanceInfo info) throws IOException {
    long written = instance.writableLayerBytes();
    long image = engine.images().find(info.imageId().toString()).map(Image::sizeBytes).orElse(0L);
    return documents.summary(info).with("SizeRw", written).with("SizeRootFs", written + image);
  }

  private boolean matches(InstanceInfo info, Filters filters) throws IOException {
    InstanceState state = info.state();
    return filters.any("id", info.id()::startsWith)
        && filters.any("name", name -> matchesName(name, info.name()))
        && filters.labels(documents.labels(info))
        && filters.is("status", state.status().word())
        && filters.any("exited", code -> hasExited(state, code))
        && filters.any("ancestor", ancestor -> descendsFrom(info, ancestor))
        && filters.is("health", healthOf(state))
        && filters.any("volume", volume -> hasVolume(info, volume))
        && inNetwork(info, filters)
        && filters.flag("is-task").filter(task -> task).isEmpty()
        && filters.any("publish", port -> publishes(info, port))
        && filters.any("expose", port -> exposes(info, port));
  }

  private static boolean matchesName(String pattern, String name) {
    return Filters.found(pattern, "/" + name) || Filters.found(pattern, name);
  }

  private static boolean hasExited(InstanceState state, String code) {
    return !state.running()
        && state.finishedAt().isPresent()
        && code.equals(Integer.toString(state.exitCode()));
  }

  private boolean descendsFrom(InstanceInfo info, String ancestor) {
    Optional<Image> image = engine.images().find(ancestor);
    if (image.isEmpty()) {
      return false;
    }
    if (image.get().id().equals(info.imageId())) {
      return true;
    }
    List<?> layers = image.get().config().layers();
    List<?> own =
        engine
            .images()
            .find(info.imageId().toString())
            .map(Image::config)
            .<List<?>>map(ImageConfig::layers)
            .orElse(List.of());
    return !layers.isEmpty()
        && own.size() >= layers.size()
        && own.subList(0, layers.size()).equals(layers);
  }

  private static String healthOf(InstanceState state) {
    return state.health().map(h -> h.status().name().toLowerCase(Locale.ROOT)).orElse("none");
  }

  private static boolean hasVolume(InstanceInfo info, String volume) {
    return info.mounts().stream()
        .anyMatch(
            mount ->
                mount.target().equals(volume)
                    || switch (mount) {
                      case MountSpec.Bind bind -> bind.source().equals(volume);
                      case MountSpec.Volume named ->
                          named.name().filter(volume::equals).isPresent();
                      case MountSpec.Tmpfs _ -> false;
                    });
  }

  private boolean inNetwork(InstanceInfo info, Filters filters) throws IOException {
    for (String network : filters.all("network")) {
      if (documents.networks().isIn(info, network)) {
        return true;
      }
    }
    return !filters.has("network");
  }

  private static boolean publishes(InstanceInfo info, String port) {
    String full = port.contains("/") ? port : port + "/tcp";
    return info.ports().stream()
        .anyMatch(p -> full.equals(p.hostPort() + "/" + p.port().protocol().word()));
  }

  private static boolean exposes(InstanceInfo info, String port) {
    String full = port.contains("/") ? port : port + "/tcp";
    return info.spec().exposedPorts().contains(full);
  }
}
