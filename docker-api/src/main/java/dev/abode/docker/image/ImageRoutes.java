package dev.abode.docker.image;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.filter.Filters;
import dev.abode.docker.http.Query;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.json.JsonObject;
import dev.abode.docker.route.Call;
import dev.abode.docker.route.Route;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.failure.EngineException;
import dev.abode.image.Digest;
import dev.abode.image.Image;
import dev.abode.image.Images;
import dev.abode.image.Platform;
import dev.abode.image.Reference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The table of {@code /images}, but for transfers. */
public final class ImageRoutes {
  private final Engine engine;
  private final ImageDocuments documents;
  private final ImageEvents events;

  public ImageRoutes(Engine engine, ImageDocuments documents) {
    this.engine = engine;
    this.documents = documents;
    this.events = new ImageEvents(engine);
  }

  public List<Route> routes() {
    ImageTransfer transfer = new ImageTransfer(engine, events);
    return List.of(
        Route.get("/images/json", this::list),
        Route.post("/images/create", transfer::create),
        Route.post("/images/load", transfer::load),
        Route.get("/images/get", transfer::saveMany),
        Route.get("/images/search", ImageRoutes::search),
        Route.post("/images/prune", this::prune),
        Route.get("/images/{name*}/json", this::inspect),
        Route.get("/images/{name*}/history", this::history),
        Route.get("/images/{name*}/get", transfer::saveOne),
        Route.post("/images/{name*}/push", transfer::push),
        Route.post("/images/{name*}/tag", this::tag),
        Route.delete("/images/{name*}", this::remove));
  }

  private static void search(Call call) {
    throw ApiException.unsupported(
        "searching a registry is not supported; look at the registry's own pages, then pull by"
            + " name");
  }

  private void inspect(Call call) throws IOException {
    call.respond(documents.inspect(find(call), call.version()));
  }

  private void history(Call call) throws IOException {
    Image image = find(call);
    call.respond(ImageDocuments.history(image, engine.images().layerSizesBytes(image)));
  }

  /** The image that a call names, if it is for the platform that the call asks for. */
  private Image find(Call call) {
    Image image = find(call.parameter("name"));
    requirePlatforms(image, call.parameter("name"), call.query());
    return image;
  }

  private Image find(String name) {
    return engine.images().require(name);
  }

  private void list(Call call) throws IOException {
    Filters filters =
        Filters.parse(
            call.query().text("filters"),
            Set.of("dangling", "label", "label!", "before", "since", "until", "reference"));
    Optional<Boolean> dangling = filters.flag("dangling");
    Optional<Instant> before = filters.first("before").map(name -> createdOf(name));
    Optional<Instant> since = filters.first("since").map(name -> createdOf(name));
    Optional<Instant> until = filters.first("until").map(text -> GoTime.parse(text, Instant.now()));
    Optional<Map<Digest, Long>> shared =
        call.query().flag("shared-size")
            ? Optional.of(engine.images().sharedSizes())
            : Optional.empty();
    call.respond(
        engine.images().list().stream()
            .filter(image -> dangling.filter(wanted -> wanted != isDangling(image)).isEmpty())
            .filter(image -> filters.labels(image.config().labels()))
            .filter(image -> before.filter(time -> !created(image).isBefore(time)).isEmpty())
            .filter(image -> since.filter(time -> !created(image).isAfter(time)).isEmpty())
            .filter(image -> until.filter(time -> !created(image).isBefore(time)).isEmpty())
            .flatMap(image -> named(image, filters).stream())
            .sorted(Comparator.comparing(ImageRoutes::created).reversed())
            .map(
                image ->
                    documents
                        .summary(image, call.version())
                        .with(
                            "SharedSize",
                            shared.map(sizes -> sizes.getOrDefault(image.id(), 0L)).orElse(-1L)))
            .toList());
  }

  private static boolean isDangling(Image image) {
    return ImageDocuments.tags(image).isEmpty();
  }

  private static Instant created(Image image) {
    return image.config().created().orElse(Instant.EPOCH);
  }

  private Instant createdOf(String name) {
    return created(find(name));
  }

  /** The image with those of its names that the reference filter matches, if there are any. */
  private static Optional<Image> named(Image image, Filters filters) {
    if (!filters.has("reference")) {
      return Optional.of(image);
    }
    List<Reference> matching =
        image.references().stream()
            .filter(
                name ->
                    filters.any("reference", pattern -> ReferencePattern.matches(pattern, name)))
            .toList();
    return matching.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Image(
                image.id(),
                image.manifest(),
                matching,
                image.config(),
                image.layers(),
                image.sizeBytes()));
  }

  private void tag(Call call) throws IOException {
    Query query = call.query();
    String repository =
        query.text("repo").orElseThrow(() -> ApiException.invalid("the parameter repo is missing"));
    Reference name = Reference.parse(repository + query.text("tag").map(t -> ":" + t).orElse(""));
    Image image = find(call.parameter("name"));
    engine.images().tag(image.id().toString(), name);
    events.done("tag", image, name.familiar());
    call.respond(201);
  }

  private void remove(Call call) throws IOException {
    Image image = find(call);
    List<Images.Removed> removed =
        engine
            .images()
            .remove(call.parameter("name"), call.query().flag("force"), usedImages()::contains);
    removed.forEach(each -> events.removed(each, image.id()));
    call.respond(removed.stream().map(ImageDocuments::removed).toList());
  }

  private Set<Digest> usedImages() {
    Set<Digest> used = new HashSet<>();
    engine
        .instances()
        .forEach(
            instance -> {
              try {
                used.add(instance.info().imageId());
              } catch (EngineException e) {
                // Removed while we look: uses nothing any more.
                if (e.kind() != EngineException.Kind.NOT_FOUND) {
                  throw e;
                }
              }
            });
    return used;
  }

  private void prune(Call call) throws IOException {
    Filters filters =
        Filters.parse(call.query().text("filters"), Set.of("dangling", "until", "label", "label!"));
    boolean all = !filters.flag("dangling").orElse(true);
    Optional<Instant> until = filters.first("until").map(text -> GoTime.parse(text, Instant.now()));
    Predicate<Digest> kept = usedImages()::contains;
    if (filters.has("label") || filters.has("label!")) {
      // What has the wrong labels is kept just as what is in use.
      Set<Digest> unwanted = new HashSet<>();
      for (Image image : engine.images().list()) {
        if (!filters.labels(image.config().labels())) {
          unwanted.add(image.id());
        }
      }
      kept = kept.or(unwanted::contains);
    }
    Images.Pruned pruned = engine.images().prune(all, until, kept);
    List<JsonDocument> removed = new ArrayList<>();
    pruned.removed().forEach(each -> removed.add(ImageDocuments.removed(each)));
    engine.publish(
        "image", "prune", "", Map.of("reclaimed", Long.toString(pruned.reclaimedBytes())));
    call.respond(
        new JsonDocument()
            .withOrNull("ImagesDeleted", removed)
            .with("SpaceReclaimed", pruned.reclaimedBytes()));
  }

  /**
   * Refuses what asks for platforms that an image is not for: the store keeps one of each image.
   */
  static void requirePlatforms(Image image, String name, Query query) {
    Stream.concat(query.all("platform").stream(), query.all("platforms").stream())
        .filter(text -> !text.isEmpty())
        .map(ImageRoutes::platform)
        .filter(wanted -> !image.config().platform().runsOn(wanted))
        .findFirst()
        .ifPresent(
            wanted -> {
              throw ApiException.notFound(
                  "image "
                      + name
                      + " is here for "
                      + image.config().platform()
                      + " only, not for "
                      + wanted);
            });
  }

  /** The platform a request asks for, if any. */
  static Optional<Platform> platform(Query query) {
    return query.text("platform").map(ImageRoutes::platform);
  }

  /** {@code linux/arm64}, or an OCI platform in JSON. */
  private static Platform platform(String text) {
    if (!text.startsWith("{")) {
      return Platform.parse(text);
    }
    JsonObject object = JsonObject.parse(text.getBytes(StandardCharsets.UTF_8));
    return new Platform(
        object.textOrEmpty("os"),
        object.textOrEmpty("architecture"),
        object.nonEmptyText("variant"));
  }
}
