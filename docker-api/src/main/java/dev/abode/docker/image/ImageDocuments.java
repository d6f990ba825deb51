package dev.abode.docker.image;

import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.route.ApiVersion;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.image.Image;
import dev.abode.image.ImageConfig;
import dev.abode.image.Images;
import dev.abode.image.Reference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What clients are shown of an image. */
public final class ImageDocuments {
  private final Engine engine;

  public ImageDocuments(Engine engine) {
    this.engine = engine;
  }

  static List<String> tags(Image image) {
    return image.references().stream()
        .filter(reference -> reference.tag().isPresent())
        .map(ImageDocuments::tagged)
        .distinct()
        .toList();
  }

  private static String tagged(Reference reference) {
    return reference.familiarName() + ":" + reference.tag().orElseThrow();
  }

  static List<String> digests(Image image) {
    return image.references().stream()
        .filter(reference -> reference.digest().isPresent())
        .map(reference -> reference.familiarName() + "@" + reference.digest().orElseThrow())
        .distinct()
        .toList();
  }

  /** One element of {@code GET /images/json}. */
  public JsonDocument summary(Image image, ApiVersion version) {
    List<String> tags = tags(image);
    List<String> digests = digests(image);
    // Before 1.43 an image without a name was listed under this one.
    boolean namelessHasName = !version.atLeast(43) && tags.isEmpty() && digests.isEmpty();
    JsonDocument document =
        new JsonDocument()
            .with("Containers", -1)
            .with("Created", created(image))
            .with("Id", image.id().toString())
            .with("Labels", image.config().labels())
            .with("ParentId", "")
            .with("RepoDigests", namelessHasName ? List.of("<none>@<none>") : digests)
            .with("RepoTags", namelessHasName ? List.of("<none>:<none>") : tags)
            .with("Size", image.sizeBytes());
    return version.atLeast(44) ? document : document.with("VirtualSize", image.sizeBytes());
  }

  private static long created(Image image) {
    return image.config().created().map(time -> time.getEpochSecond()).orElse(0L);
  }

  JsonDocument inspect(Image image, ApiVersion version) {
    ImageConfig config = image.config();
    List<ImageConfig.History> history = config.history();
    JsonDocument document =
        new JsonDocument()
            .with("Id", image.id().toString())
            .with("RepoTags", tags(image))
            .with("RepoDigests", digests(image))
            .with("Parent", "")
            .with("Comment", history.isEmpty() ? "" : history.getLast().comment())
            .with("Created", config.created().map(GoTime::text).orElse(""))
            .with("DockerVersion", "")
            .with("Author", config.author())
            .with("Config", config(config))
            .with("Architecture", config.platform().architecture())
            .withIfPresent("Variant", config.platform().variant())
            .with("Os", config.platform().os())
            .with("Size", image.sizeBytes());
    if (!version.atLeast(44)) {
      document.with("VirtualSize", image.sizeBytes());
    }
    return document
        .with(
            "GraphDriver",
            new JsonDocument()
                .with("Data", JsonDocument.NULL)
                .with("Name", engine.host().storageDriver()))
        .with(
            "RootFS",
            new JsonDocument()
                .with("Type", "layers")
                .with("Layers", config.layers().stream().map(Object::toString).toList()))
        .with("Metadata", new JsonDocument().with("LastTagTime", GoTime.ZERO));
  }

  private static JsonDocument config(ImageConfig config) {
    JsonDocument document = new JsonDocument().with("User", config.user());
    document
        .withIfAny("ExposedPorts", emptyObjects(config.exposedPorts()))
        .withOrNull("Env", config.environment())
        .withOrNull("Cmd", config.command());
    config
        .health()
        .ifPresent(
            health ->
                document.with(
                    "Healthcheck",
                    new JsonDocument()
                        .with("Test", health.test())
                        .withIfPresent("Interval", health.interval().map(d -> d.toNanos()))
                        .withIfPresent("Timeout", health.timeout().map(d -> d.toNanos()))
                        .withIfPresent("StartPeriod", health.startPeriod().map(d -> d.toNanos()))
                        .with("Retries", health.retries())));
    Map<String, Object> volumes = emptyObjects(config.volumes());
    return document
        .with("Volumes", volumes.isEmpty() ? JsonDocument.NULL : volumes)
        .with("WorkingDir", config.workingDirectory())
        .withOrNull("Entrypoint", config.entrypoint())
        .with("OnBuild", JsonDocument.NULL)
        .with("Labels", config.labels().isEmpty() ? JsonDocument.NULL : config.labels())
        .withIfPresent("StopSignal", config.stopSignal())
        .withIfAny("Shell", config.shell());
  }

  private static Map<String, Object> emptyObjects(List<String> names) {
    Map<String, Object> objects = new LinkedHashMap<>();
    names.forEach(name -> objects.put(name, Map.of()));
    return objects;
  }

  /**
   * {@code docker history}: newest first.
   *
   * @param sizesBytes of the layers unpacked, lowest first
   */
  static List<JsonDocument> history(Image image, List<Long> sizesBytes) {
    List<JsonDocument> lines = new ArrayList<>();
    int layer = 0;
    for (ImageConfig.History step : image.config().history()) {
      boolean hasLayer = !step.emptyLayer() && layer < sizesBytes.size();
      long size = hasLayer ? sizesBytes.get(layer++) : 0;
      lines.addFirst(
          new JsonDocument()
              .with("Comment", step.comment())
              .with("Created", step.created().map(time -> time.getEpochSecond()).orElse(0L))
              .with("CreatedBy", step.createdBy())
              .with("Id", "<missing>")
              .with("Size", size)
              .with("Tags", JsonDocument.NULL));
    }
    if (!lines.isEmpty()) {
      lines.getFirst().with("Id", image.id().toString()).withOrNull("Tags", tags(image));
    }
    return lines;
  }

  static JsonDocument removed(Images.Removed removed) {
    return switch (removed) {
      case Images.Removed.Untagged untagged ->
          new JsonDocument().with("Untagged", untagged.name().familiar());
      case Images.Removed.Deleted deleted ->
          new JsonDocument().with("Deleted", deleted.id().toString());
    };
  }
}
