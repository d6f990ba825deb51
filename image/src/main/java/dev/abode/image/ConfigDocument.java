package dev.abode.image;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The image configuration as a document: read into an {@link ImageConfig}, and written from one.
 * OCI image-spec "Image Configuration", and Docker's additions ({@code Healthcheck}, {@code Shell},
 * {@code StopSignal}, {@code OnBuild}).
 */
final class ConfigDocument {
  private ConfigDocument() {}

  static ImageConfig read(byte[] json, String name) {
    JsonObject document = JsonObject.parse(json, name);
    JsonObject config =
        document.object("config").orElse(JsonObject.parse(new byte[] {'{', '}'}, name));
    List<DiffId> layers = new ArrayList<>();
    document
        .object("rootfs")
        .ifPresent(rootfs -> rootfs.texts("diff_ids").forEach(id -> layers.add(DiffId.parse(id))));
    List<ImageConfig.History> history = new ArrayList<>();
    for (JsonObject line : document.objects("history")) {
      history.add(
          new ImageConfig.History(
              line.text("created").flatMap(ConfigDocument::instant),
              line.text("created_by").orElse(""),
              line.text("author").orElse(""),
              line.text("comment").orElse(""),
              line.truth("empty_layer")));
    }
    return new ImageConfig(
        new Platform(
            document.text("os").filter(os -> !os.isEmpty()).orElse("linux"),
            document
                .text("architecture")
                .filter(a -> !a.isEmpty())
                .orElse(Platform.host().architecture()),
            document.text("variant").filter(v -> !v.isEmpty())),
        document.text("created").flatMap(ConfigDocument::instant),
        document.text("author").orElse(""),
        command(config, "Cmd"),
        command(config, "Entrypoint"),
        config.texts("Env"),
        config.keys("ExposedPorts"),
        config.keys("Volumes"),
        config.textMap("Labels"),
        config.text("WorkingDir").orElse(""),
        config.text("User").orElse(""),
        config.text("StopSignal").filter(s -> !s.isEmpty()),
        config.texts("Shell"),
        config.object("Healthcheck").map(ConfigDocument::health),
        layers,
        history);
  }

  private static List<String> command(JsonObject config, String field) {
    return config.texts(field);
  }

  private static ImageConfig.Health health(JsonObject health) {
    return new ImageConfig.Health(
        health.texts("Test"),
        duration(health, "Interval"),
        duration(health, "Timeout"),
        duration(health, "StartPeriod"),
        Math.clamp(health.number("Retries").orElse(0L), 0, Integer.MAX_VALUE));
  }

  private static Optional<Duration> duration(JsonObject health, String field) {
    return health.number(field).filter(nanos -> nanos > 0).map(Duration::ofNanos);
  }

  /** RFC 3339 with an offset, as Go writes it; Go's zero time is none. */
  private static Optional<Instant> instant(String text) {
    try {
      return Optional.of(OffsetDateTime.parse(text).toInstant())
          .filter(at -> at.getEpochSecond() > -62135596800L);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /**
   * Writes a configuration.
   *
   * @param parent the document it is based on, whose unknown fields stay; empty for a new one
   */
  static byte[] write(ImageConfig config, Optional<JsonObject> parent) {
    Map<String, Object> document = parent.map(JsonObject::copy).orElse(new LinkedHashMap<>());
    // What Docker wrote about the container an image was made in is not true of this one.
    document.remove("container");
    document.remove("container_config");
    document.remove("id");
    document.remove("parent");
    document.put("architecture", config.platform().architecture());
    document.put("os", config.platform().os());
    config.platform().variant().ifPresent(variant -> document.put("variant", variant));
    config.created().ifPresent(created -> document.put("created", created.toString()));
    put(document, "author", config.author());
    Map<String, Object> settings =
        parent.flatMap(p -> p.object("config")).map(JsonObject::copy).orElse(new LinkedHashMap<>());
    put(settings, "User", config.user());
    put(settings, "ExposedPorts", set(config.exposedPorts()));
    put(settings, "Env", config.environment());
    put(settings, "Entrypoint", config.entrypoint());
    put(settings, "Cmd", config.command());
    put(settings, "Volumes", set(config.volumes()));
    put(settings, "WorkingDir", config.workingDirectory());
    put(settings, "Labels", config.labels());
    put(settings, "StopSignal", config.stopSignal().orElse(""));
    put(settings, "Shell", config.shell());
    put(settings, "Healthcheck", config.health().map(ConfigDocument::health).orElse(Map.of()));
    document.put("config", settings);
    document.put(
        "rootfs",
        ordered(
            "type", "layers", "diff_ids", config.layers().stream().map(DiffId::toString).toList()));
    document.put("history", config.history().stream().map(ConfigDocument::history).toList());
    return JsonObject.write(document);
  }

  private static void put(Map<String, Object> into, String key, Object value) {
    boolean empty =
        switch (value) {
          case String text -> text.isEmpty();
          case List<?> list -> list.isEmpty();
          case Map<?, ?> map -> map.isEmpty();
          default -> false;
        };
    if (empty) {
      into.remove(key);
    } else {
      into.put(key, value);
    }
  }

  private static Map<String, Object> set(List<String> keys) {
    Map<String, Object> set = new LinkedHashMap<>();
    keys.forEach(key -> set.put(key, Map.of()));
    return set;
  }

  private static Map<String, Object> health(ImageConfig.Health health) {
    Map<String, Object> map = new LinkedHashMap<>();
    put(map, "Test", health.test());
    health.interval().ifPresent(d -> map.put("Interval", d.toNanos()));
    health.timeout().ifPresent(d -> map.put("Timeout", d.toNanos()));
    health.startPeriod().ifPresent(d -> map.put("StartPeriod", d.toNanos()));
    if (health.retries() > 0) {
      map.put("Retries", health.retries());
    }
    return map;
  }

  private static Map<String, Object> history(ImageConfig.History line) {
    Map<String, Object> map = new LinkedHashMap<>();
    line.created().ifPresent(created -> map.put("created", created.toString()));
    put(map, "created_by", line.createdBy());
    put(map, "author", line.author());
    put(map, "comment", line.comment());
    if (line.emptyLayer()) {
      map.put("empty_layer", true);
    }
    return map;
  }

  private static Map<String, Object> ordered(String a, Object x, String b, Object y) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(a, x);
    map.put(b, y);
    return map;
  }
}
