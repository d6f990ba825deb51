package dev.abode.engine;

import dev.abode.engine.container.Command;
import dev.abode.engine.container.ContainerPlan;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.HealthCheck;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.LifeRecord;
import dev.abode.engine.record.RandomId;
import dev.abode.engine.record.TreeDeletion;
import dev.abode.image.Image;
import dev.abode.image.ImageConfig;
import dev.abode.image.ImageException;
import dev.abode.image.Platform;
import dev.abode.image.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes the record of an instance from what was asked for and what its image says. */
final class Creation {
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);
  private static final int NAME_ATTEMPTS = 12;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Site site;

  Creation(Site site) {
    this.site = site;
  }

  /** Puts into the folder of an instance what it is to begin with. */
  @FunctionalInterface
  interface Furnishing {
    void furnish(LiveInstance instance) throws IOException;
  }

  LiveInstance create(InstanceSpec spec) throws IOException {
    return create(spec, Optional.empty(), instance -> {});
  }

  /**
   * Creates one that begins with something.
   *
   * @param connected in the networks that it is to be in, if they are not those of the spec
   * @param furnishing is done before anybody knows of the instance: if the engine dies in the
   *     middle of it, the next one takes away what there is
   */
  LiveInstance create(
      InstanceSpec spec, Optional<List<EndpointSpec>> connected, Furnishing furnishing)
      throws IOException {
    Image image = image(spec.image());
    List<String> warnings = review(spec, image);
    List<EndpointSpec> endpoints =
        connected.isPresent() ? connected.get() : Connecting.endpoints(site, spec);
    String id = RandomId.next();
    String name = claimName(spec, id);
    InstanceFolder folder = site.folders().instance(id);
    VolumeFilling filling = new VolumeFilling(site.volumes(), folder);
    List<MountSpec> mounts = List.of();
    try {
      mounts = InstanceMounts.of(spec, image.config(), site.catalog());
      InstanceRecord record = record(id, name, spec, image, endpoints, mounts, warnings);
      Files.createDirectory(folder.path());
      filling.prepare(
          mounts, spec.mounts(), id, () -> site.images().layerFolders(image, Progress.NONE));
      LiveInstance instance = new LiveInstance(site, record, LifeRecord.CREATED);
      furnishing.furnish(instance);
      if (mounts.isEmpty()) {
        folder.writeFirstDefinition(record, site.lateSync());
      } else {
        // What was noted of its new volumes goes in a moment, and only this tells whose they are.
        folder.writeDefinition(record);
      }
      site.catalog().add(instance);
      refuseVanished(image, instance);
      filling.done();
      instance.publish("create");
      return instance;
    } catch (IOException | RuntimeException e) {
      site.catalog().release(name, id);
      site.volumes().letGo(mounts, id);
      try {
        filling.undo();
        TreeDeletion.delete(folder.path());
      } catch (IOException deletion) {
        e.addSuppressed(deletion);
      }
      throw e;
    } finally {
      site.volumes().letGo(mounts, id);
    }
  }

  /**
   * The record that {@link #create} would make, under a name and an ID that nobody has.
   *
   * @throws EngineException as {@link #create} does
   */
  InstanceRecord draft(InstanceSpec spec) throws IOException {
    Image image = image(spec.image());
    List<String> warnings = review(spec, image);
    List<EndpointSpec> endpoints = Connecting.endpoints(site, spec);
    List<MountSpec> mounts = InstanceMounts.of(spec, image.config(), site.catalog());
    return record("0".repeat(64), "(not created)", spec, image, endpoints, mounts, warnings);
  }

  /** The image called so. */
  Image image(String name) {
    try {
      return site.images().require(name);
    } catch (ImageException e) {
      throw new EngineException(
          e.kind() == ImageException.Kind.NOT_FOUND ? Kind.NOT_FOUND : Kind.INVALID_ARGUMENT,
          String.valueOf(e.getMessage()),
          e);
    }
  }

  /** An image that was removed meanwhile, before it could be seen to be in use. */
  private void refuseVanished(Image image, LiveInstance instance) {
    if (site.images().find(image.id().toString()).isEmpty()) {
      site.catalog().remove(instance);
      throw new EngineException(
          Kind.NOT_FOUND, "No such image: " + instance.now().record().spec().image());
    }
  }

  private List<String> review(InstanceSpec spec, Image image) {
    if (spec.autoRemove() && spec.restart().mode() != RestartPolicy.Mode.NO) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT, "can't create 'AutoRemove' container with restart policy");
    }
    spec.stopSignal().filter(s -> !s.isEmpty()).ifPresent(Signals::number);
    List<String> warnings = new ArrayList<>(site.walls().review(spec));
    Platform host = Platform.host();
    Platform platform = image.config().platform();
    if (!platform.runsOn(host)) {
      warnings.add(
          "The requested image's platform ("
              + platform
              + ") does not match the detected host platform ("
              + host
              + ") and no specific platform was requested");
    }
    return warnings;
  }

  private String claimName(InstanceSpec spec, String id) {
    if (spec.name().filter(n -> !n.isEmpty()).isPresent()) {
      String name = InstanceNames.validated(spec.name().get());
      site.catalog().claim(name, id);
      return name;
    }
    for (int attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
      String name = InstanceNames.generated(RANDOM, Math.min(attempt, 6));
      if (site.catalog().reserve(name, id)) {
        return name;
      }
    }
    site.catalog().claim(id.substring(0, 12), id);
    return id.substring(0, 12);
  }

  private InstanceRecord record(
      String id,
      String name,
      InstanceSpec spec,
      Image image,
      List<EndpointSpec> endpoints,
      List<MountSpec> mounts,
      List<String> warnings) {
    ImageConfig config = image.config();
    return new InstanceRecord(
        InstanceRecord.FORMAT,
        id,
        name,
        Instant.now(),
        spec,
        image.id(),
        config.platform(),
        Command.arguments(spec, config),
        Command.environment(
            spec, config, ContainerPlan.hostname(spec, id), spec.streams().terminal()),
        Command.workingDirectory(spec.workingDirectory(), config.workingDirectory()),
        spec.user().filter(u -> !u.isEmpty()).orElse(config.user()),
        spec.stopSignal().filter(s -> !s.isEmpty()).or(config::stopSignal).orElse("SIGTERM"),
        spec.stopTimeout().orElse(STOP_TIMEOUT),
        health(spec, config),
        mounts,
        endpoints,
        warnings);
  }

  /** What the spec leaves open of a check comes from the image. */
  private static Optional<HealthCheck> health(InstanceSpec spec, ImageConfig config) {
    Optional<HealthCheck> ofImage =
        config
            .health()
            .map(
                h ->
                    new HealthCheck(
                        h.test(),
                        h.interval().orElse(Duration.ZERO),
                        h.timeout().orElse(Duration.ZERO),
                        h.startPeriod().orElse(Duration.ZERO),
                        Duration.ZERO,
                        h.retries()));
    if (spec.health().isEmpty() || ofImage.isEmpty() || !spec.health().get().test().isEmpty()) {
      return spec.health().or(() -> ofImage);
    }
    HealthCheck asked = spec.health().get();
    HealthCheck base = ofImage.get();
    return Optional.of(
        new HealthCheck(
            base.test(),
            or(asked.interval(), base.interval()),
            or(asked.timeout(), base.timeout()),
            or(asked.startPeriod(), base.startPeriod()),
            or(asked.startInterval(), base.startInterval()),
            asked.retries() > 0 ? asked.retries() : base.retries()));
  }

  private static Duration or(Duration asked, Duration otherwise) {
    return asked.isZero() ? otherwise : asked;
  }
}
