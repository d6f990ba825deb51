package dev.abode.docker.container;

import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.time.GoTime;
import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.instance.InstanceInfo;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceState;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.MountSpec;
import dev.abode.image.Image;
import dev.abode.image.ImageConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What clients are shown of an instance: the line of a list and the whole of inspect. */
public final class ContainerDocuments {
  private final Engine engine;
  private final NetworkSettings networks;

  public ContainerDocuments(Engine engine) {
    this.engine = engine;
    this.networks = new NetworkSettings(engine);
  }

  NetworkSettings networks() {
    return networks;
  }

  // ---- GET /containers/json

  /** One element of the list. */
  public JsonDocument summary(InstanceInfo info) throws IOException {
    InstanceSpec spec = info.spec();
    return new JsonDocument()
        .with("Id", info.id())
        .with("Names", List.of("/" + info.name()))
        .with("Image", imageName(info))
        .with("ImageID", info.imageId().toString())
        .with("Command", String.join(" ", info.arguments()))
        .with("Created", info.created().getEpochSecond())
        .with("Ports", NetworkSettings.summary(info, exposedPorts(info)))
        .with("Labels", labels(info))
        .with("State", info.state().status().word())
        .with("Status", status(info.state(), Instant.now()))
        .with(
            "HostConfig",
            new JsonDocument()
                .with("NetworkMode", NetworkSettings.mode(spec.network()))
                .withIfAny("Annotations", spec.annotations()))
        .with("NetworkSettings", new JsonDocument().with("Networks", networks.networks(info)))
        .with("Mounts", mounts(info));
  }

  /** How {@code docker ps} says what state something is in. */
  static String status(InstanceState state, Instant now) {
    return switch (state.status()) {
      case CREATED -> "Created";
      case RUNNING -> "Up " + ago(state.startedAt(), now) + health(state);
      case PAUSED -> "Up " + ago(state.startedAt(), now) + " (Paused)";
      case RESTARTING ->
          "Restarting (" + state.exitCode() + ") " + ago(state.finishedAt(), now) + " ago";
      case REMOVING -> "Removal In Progress";
      case EXITED -> "Exited (" + state.exitCode() + ") " + ago(state.finishedAt(), now) + " ago";
      case DEAD -> "Dead";
    };
  }

  private static String ago(Optional<Instant> then, Instant now) {
    return GoTime.human(then.map(t -> Duration.between(t, now)).orElse(Duration.ZERO));
  }

  private static String health(InstanceState state) {
    return state
        .health()
        .map(
            health ->
                switch (health.status()) {
                  case STARTING -> " (health: starting)";
                  case HEALTHY -> " (healthy)";
                  case UNHEALTHY -> " (unhealthy)";
                })
        .orElse("");
  }

  /** The name it was made from, or the ID if that name means another image by now. */
  private String imageName(InstanceInfo info) {
    String name = info.spec().image();
    boolean stillTheSame =
        engine.images().find(name).filter(image -> image.id().equals(info.imageId())).isPresent();
    return stillTheSame ? name : info.imageId().toString();
  }

  /** The image's labels, and its own over them. */
  public Map<String, String> labels(InstanceInfo info) {
    Map<String, String> labels =
        new LinkedHashMap<>(image(info).map(image -> image.config().labels()).orElse(Map.of()));
    labels.putAll(info.spec().labels());
    return labels;
  }

  private Optional<Image> image(InstanceInfo info) {
    return engine.images().find(info.imageId().toString());
  }

  // ---- GET /containers/{id}/json

  /**
   * The whole.
   *
   * @param withSize measure what it takes on disk, which takes a while
   */
  JsonDocument inspect(Instance instance, boolean withSize) throws IOException {
    InstanceInfo info = instance.info();
    List<String> arguments = info.arguments();
    JsonDocument document =
        new JsonDocument()
            .with("Id", info.id())
            .with("Created", GoTime.text(info.created()))
            .with("Path", arguments.isEmpty() ? "" : arguments.getFirst())
            .with("Args", arguments.isEmpty() ? arguments : arguments.subList(1, arguments.size()))
            .with("State", state(info.state()))
            .with("Image", info.imageId().toString())
            .with("ResolvConfPath", info.folder().resolve("etc/resolv.conf").toString())
            .with("HostnamePath", info.folder().resolve("etc/hostname").toString())
            .with("HostsPath", info.folder().resolve("etc/hosts").toString())
            .with("LogPath", info.logFile().map(Object::toString).orElse(""))
            .with("Name", "/" + info.name())
            .with("RestartCount", info.state().restartCount())
            .with("Driver", engine.host().storageDriver())
            .with("Platform", info.platform().os())
            .with("MountLabel", "")
            .with("ProcessLabel", "")
            .with("AppArmorProfile", "")
            .withOrNull("ExecIDs", info.execIds())
            .with("HostConfig", HostConfigDocument.of(info.spec()))
            .with("GraphDriver", graphDriver(info));
    if (withSize) {
      long written = instance.writableLayerBytes();
      document
          .with("SizeRw", written)
          .with("SizeRootFs", written + image(info).map(Image::sizeBytes).orElse(0L));
    }
    // Not Docker's; clients that do not know them pass over them.
    if (info.spec().isolation() == Isolation.VM) {
      document.with("Hypervisor", engine.hypervisor());
    }
    return document
        .with("Snapshots", instance.snapshotNames())
        .with("Mounts", mounts(info))
        .with("Config", config(info))
        .with("NetworkSettings", networks.inspect(info, exposedPorts(info)));
  }

  private static JsonDocument state(InstanceState state) {
    JsonDocument document =
        new JsonDocument()
            .with("Status", state.status().word())
            .with("Running", state.running())
            .with("Paused", state.status() == InstanceStatus.PAUSED)
            .with("Restarting", state.status() == InstanceStatus.RESTARTING)
            .with("OOMKilled", state.oomKilled())
            .with("Dead", state.status() == InstanceStatus.DEAD)
            .with("Pid", state.pid())
            .with("ExitCode", state.exitCode())
            .with("Error", state.error())
            .with("StartedAt", GoTime.text(state.startedAt()))
            .with("FinishedAt", GoTime.text(state.finishedAt()));
    state.health().ifPresent(health -> document.with("Health", healthDocument(health)));
    return document;
  }

  private static JsonDocument healthDocument(InstanceState.Health health) {
    return new JsonDocument()
        .with("Status", health.status().name().toLowerCase(Locale.ROOT))
        .with("FailingStreak", health.failingStreak())
        .with(
            "Log",
            health.log().stream()
                .map(
                    probe ->
                        new JsonDocument()
                            .with("Start", GoTime.text(probe.started()))
                            .with("End", GoTime.text(probe.finished()))
                            .with("ExitCode", probe.exitCode())
                            .with("Output", probe.output()))
                .toList());
  }

  private JsonDocument graphDriver(InstanceInfo info) {
    return new JsonDocument()
        .with(
            "Data",
            new JsonDocument()
                .with("ID", info.id())
                .with("UpperDir", info.folder().resolve("upper").toString())
                .with("WorkDir", info.folder().resolve("work").toString()))
        .with("Name", engine.host().storageDriver());
  }

  private List<JsonDocument> mounts(InstanceInfo info) {
    Path volumes = engine.options().root().toAbsolutePath().normalize().resolve("volumes");
    return MountDocuments.present(
        info.mounts(), name -> volumes.resolve(name).resolve("_data").toString());
  }

  /** Those of the image, those asked for, and those that are to be published. */
  private List<String> exposedPorts(InstanceInfo info) {
    Set<String> exposed = new LinkedHashSet<>();
    image(info).ifPresent(image -> exposed.addAll(image.config().exposedPorts()));
    exposed.addAll(info.spec().exposedPorts());
    info.spec().ports().forEach(binding -> exposed.add(binding.port().toString()));
    return List.copyOf(exposed);
  }

  private JsonDocument config(InstanceInfo info) {
    InstanceSpec spec = info.spec();
    Optional<ImageConfig> image = image(info).map(Image::config);
    List<String> entrypoint =
        spec.entrypoint().orElse(image.map(ImageConfig::entrypoint).orElse(List.of()));
    List<String> command = spec.command();
    if (command.isEmpty() && spec.entrypoint().isEmpty()) {
      command = image.map(ImageConfig::command).orElse(List.of());
    }
    Map<String, Object> exposed = new LinkedHashMap<>();
    exposedPorts(info).forEach(port -> exposed.put(port, Map.of()));
    Map<String, Object> volumes = new LinkedHashMap<>();
    image.ifPresent(i -> i.volumes().forEach(path -> volumes.put(path, Map.of())));
    for (MountSpec mount : spec.mounts()) {
      if (mount instanceof MountSpec.Volume volume
          && volume.name().isEmpty()
          && volume.shorthand().isPresent()) {
        volumes.put(volume.target(), Map.of());
      }
    }
    JsonDocument document =
        new JsonDocument()
            .with("Hostname", spec.hostname().orElse(info.shortId()))
            .with("Domainname", spec.domainname())
            .with("User", info.user())
            .with("AttachStdin", spec.streams().closeStdinOnce())
            .with("AttachStdout", false)
            .with("AttachStderr", false)
            .withIfAny("ExposedPorts", exposed)
            .with("Tty", spec.streams().terminal())
            .with("OpenStdin", spec.streams().openStdin())
            .with("StdinOnce", spec.streams().closeStdinOnce())
            .with("Env", info.environment())
            .withOrNull("Cmd", command);
    spec.health().ifPresent(health -> document.with("Healthcheck", HealthDocument.of(health)));
    document
        .with("Image", spec.image())
        .with("Volumes", volumes.isEmpty() ? JsonDocument.NULL : volumes)
        .with("WorkingDir", info.workingDirectory())
        .withOrNull("Entrypoint", entrypoint)
        .with("OnBuild", JsonDocument.NULL)
        .with("Labels", labels(info))
        .withIfPresent("StopSignal", spec.stopSignal().or(() -> image.flatMap(i -> i.stopSignal())))
        .withIfPresent("StopTimeout", spec.stopTimeout().map(Duration::toSeconds));
    return document;
  }
}
