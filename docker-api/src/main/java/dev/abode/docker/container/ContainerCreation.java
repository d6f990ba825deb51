package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.json.JsonObject;
import dev.abode.docker.route.Call;
import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.Sharing;
import dev.abode.image.Image;
import dev.abode.image.ImageConfig;
import dev.abode.image.Platform;
import dev.abode.image.Reference;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** {@code POST /containers/create}. */
final class ContainerCreation {
  private final Engine engine;

  ContainerCreation(Engine engine) {
    this.engine = engine;
  }

  void create(Call call) throws IOException {
    JsonObject body = call.document();
    Optional<Image> image = image(body.textOrEmpty("Image"), call.query().text("platform"));
    SpecReader.Reading reading =
        SpecReader.read(
            body, call.query().text("name"), image.map(Image::config).flatMap(ImageConfig::health));
    Instance instance = create(named(reading.spec()));
    // The engine may have words of its own, partly the same.
    Set<String> warnings = new LinkedHashSet<>(reading.warnings());
    warnings.addAll(instance.info().warnings());
    call.respond(201, new JsonDocument().with("Id", instance.id()).with("Warnings", warnings));
  }

  /**
   * The image is there, so what is missing is something else; but {@code docker run} takes every
   * 404 for a missing image, and would pull it and hide what was wrong.
   */
  private Instance create(InstanceSpec spec) throws IOException {
    try {
      return engine.create(spec);
    } catch (EngineException e) {
      if (e.kind() == EngineException.Kind.NOT_FOUND) {
        throw ApiException.invalid(String.valueOf(e.getMessage()));
      }
      throw e;
    }
  }

  /** As in Docker, who is in the host's network goes by the host's name. */
  private InstanceSpec named(InstanceSpec spec) {
    boolean inherits =
        spec.hostname().isEmpty()
            && spec.network() instanceof NetworkMode.Host
            && spec.sharing().uts() instanceof Sharing.With.Nobody;
    return inherits ? spec.toBuilder().hostname(engine.host().hostname()).build() : spec;
  }

  /**
   * Finds the image, so that a client hears of a missing one before anything else: {@code docker
   * run} pulls it then and comes again.
   */
  private Optional<Image> image(String name, Optional<String> platform) {
    if (name.isEmpty()) {
      return Optional.empty();
    }
    Image image =
        engine.images().find(name).orElseThrow(() -> ApiException.notFound(noSuchImage(name)));
    platform
        .map(Platform::parse)
        .filter(wanted -> !image.config().platform().runsOn(wanted))
        .ifPresent(
            wanted -> {
              throw ApiException.notFound(
                  "image with reference "
                      + name
                      + " was found but does not provide the specified platform ("
                      + wanted
                      + "); it is for "
                      + image.config().platform());
            });
    return Optional.of(image);
  }

  private static String noSuchImage(String name) {
    boolean digestOrId = name.contains("@") || name.startsWith("sha256:");
    return "No such image: " + (digestOrId ? name : Reference.parse(name).familiar());
  }
}
