package dev.abode.docker.system;

import dev.abode.docker.container.ContainerDocuments;
import dev.abode.docker.failure.ApiException;
import dev.abode.docker.http.Exchange;
import dev.abode.docker.image.ImageDocuments;
import dev.abode.docker.image.RegistryAuth;
import dev.abode.docker.json.JsonDocument;
import dev.abode.docker.json.JsonObject;
import dev.abode.docker.route.ApiVersion;
import dev.abode.docker.route.Call;
import dev.abode.docker.route.Route;
import dev.abode.docker.time.GoTime;
import dev.abode.docker.volume.VolumeDocuments;
import dev.abode.engine.Engine;
import dev.abode.engine.HostInfo;
import dev.abode.engine.Instance;
import dev.abode.engine.instance.InstanceStatus;
import dev.abode.image.Digest;
import dev.abode.image.Reference;
import dev.abode.image.Registries;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Questions about the engine and its host. */
public final class SystemRoutes {
  private static final String ENGINE_VERSION = "0.1.0";
  private static final byte[] OK = {'O', 'K'};
  private static final String NO_SWARM =
      "This node is not a swarm manager. Swarm mode is not supported.";

  private final Engine engine;
  private final Supplier<Registries> registries;
  private final ContainerDocuments containers;
  private final ImageDocuments images;
  private final VolumeDocuments volumes;

  /**
   * @param registries made at first need
   */
  public SystemRoutes(
      Engine engine,
      Supplier<Registries> registries,
      ContainerDocuments containers,
      ImageDocuments images,
      VolumeDocuments volumes) {
    this.engine = engine;
    this.registries = registries;
    this.containers = containers;
    this.images = images;
    this.volumes = volumes;
  }

  /** Header fields of every answer. A client that does not find them in a ping assumes 1.24. */
  public static Map<String, String> commonFields() {
    return Map.of(
        "Api-Version",
        ApiVersion.NEWEST.toString(),
        "Docker-Experimental",
        "false",
        "Ostype",
        "linux",
        "Server",
        "Abode/" + ENGINE_VERSION + " (linux)");
  }

  public List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    routes.add(Route.get("/_ping", call -> ping(call.exchange())));
    routes.add(Route.head("/_ping", call -> ping(call.exchange())));
    routes.add(Route.get("/version", this::version));
    routes.add(Route.get("/info", this::info));
    routes.add(Route.post("/auth", this::auth));
    routes.add(Route.get("/events", new EventRoute(engine)::events));
    routes.add(Route.get("/system/df", this::diskUsage));
    routes.add(Route.get("/distribution/{name*}/json", this::distribution));
    routes.add(
        Route.post(
            "/build",
            call ->
                refuse(
                    501,
                    "building images is not supported yet; build elsewhere"
                        + " and docker load the result")));
    routes.add(Route.post("/build/prune", SystemRoutes::pruneNoBuilds));
    routes.add(Route.get("/plugins", call -> call.respond(List.of())));
    for (String swarm : List.of("swarm", "nodes", "services", "tasks", "secrets", "configs")) {
      routes.add(Route.get("/" + swarm, call -> refuse(503, NO_SWARM)));
      routes.add(Route.get("/" + swarm + "/{rest*}", call -> refuse(503, NO_SWARM)));
      routes.add(Route.post("/" + swarm + "/{rest*}", call -> refuse(503, NO_SWARM)));
      routes.add(Route.delete("/" + swarm + "/{rest*}", call -> refuse(503, NO_SWARM)));
    }
    return routes;
  }

  private static void refuse(int status, String why) {
    throw new ApiException(status, why);
  }

  private static void ping(Exchange exchange) throws IOException {
    exchange.addField("Builder-Version", "1");
    exchange.addField("Swarm", "inactive");
    exchange.addField("Cache-Control", "no-cache, no-store, must-revalidate");
    exchange.addField("Pragma", "no-cache");
    exchange.respond(200, "text/plain; charset=utf-8", OK);
  }

  private void version(Call call) throws IOException {
    HostInfo host = engine.host();
    JsonDocument details =
        new JsonDocument()
            .with("ApiVersion", ApiVersion.NEWEST.toString())
            .with("Arch", goArchitecture(host.architecture()))
            .with("KernelVersion", host.kernelVersion())
            .with("MinAPIVersion", ApiVersion.OLDEST.toString())
            .with("Os", "linux");
    call.respond(
        new JsonDocument()
            .with("Platform", new JsonDocument().with("Name", "Abode"))
            .with(
                "Components",
                List.of(
                    new JsonDocument()
                        .with("Name", "Engine")
                        .with("Version", ENGINE_VERSION)
                        .with("Details", details)))
            .with("Version", ENGINE_VERSION)
            .with("ApiVersion", ApiVersion.NEWEST.toString())
            .with("MinAPIVersion", ApiVersion.OLDEST.toString())
            .with("GitCommit", "")
            .with("GoVersion", "")
            .with("Os", "linux")
            .with("Arch", goArchitecture(host.architecture()))
            .with("KernelVersion", host.kernelVersion())
            .with("BuildTime", ""));
  }

  private void info(Call call) throws IOException {
    HostInfo host = engine.host();
    List<InstanceStatus> statuses = statuses();
    long running = statuses.stream().filter(s -> s == InstanceStatus.RUNNING).count();
    long paused = statuses.stream().filter(s -> s == InstanceStatus.PAUSED).count();
    JsonDocument runtimes = new JsonDocument();
    runtimes.with(
        "container",
        new JsonDocument()
            .with("path", "abode-init")
            .with("status", new JsonDocument().with("criu", engine.criu())));
    runtimes.with(
        "vm",
        new JsonDocument()
            .with("path", "qemu-system-x86_64")
            .with("status", new JsonDocument().with("hypervisor", engine.hypervisor())));
    call.respond(
        new JsonDocument()
            .with("ID", engineId())
            .with("Containers", statuses.size())
            .with("ContainersRunning", running)
            .with("ContainersPaused", paused)
            .with("ContainersStopped", statuses.size() - running - paused)
            .with("Images", engine.images().list().size())
            .with("Driver", host.storageDriver())
            .with("DriverStatus", List.of())
            .with(
                "Plugins",
                new JsonDocument()
                    .with("Volume", List.of("local"))
                    .with("Network", List.of("bridge", "host", "null"))
                    .with("Authorization", JsonDocument.NULL)
                    .with("Log", List.of("json-file", "local", "none")))
            .with("MemoryLimit", true)
            .with("SwapLimit", true)
            .with("CpuCfsPeriod", true)
            .with("CpuCfsQuota", true)
            .with("CPUShares", true)
            .with("CPUSet", true)
            .with("PidsLimit", true)
            .with("IPv4Forwarding", true)
            .with("OomKillDisable", host.cgroupVersion() == 1)
            .with("Debug", false)
            .with("NFd", 0)
            .with("NGoroutines", Thread.activeCount())
            .with("SystemTime", GoTime.text(Instant.now()))
            .with("LoggingDriver", "json-file")
            .with("CgroupDriver", host.cgroupDriver())
            .with("CgroupVersion", Integer.toString(host.cgroupVersion()))
            .with("NEventsListener", 0)
            .with("KernelVersion", host.kernelVersion())
            .with("OperatingSystem", host.operatingSystem())
            .with("OSVersion", "")
            .with("OSType", "linux")
            .with("Architecture", unameMachine(host.architecture()))
            .with("IndexServerAddress", "https://index.docker.io/v1/")
            .with("RegistryConfig", registryConfig())
            .with("NCPU", host.cpus())
            .with("MemTotal", host.memoryBytes())
            .with("GenericResources", JsonDocument.NULL)
            .with("DockerRootDir", engine.options().root().toString())
            .with("HttpProxy", "")
            .with("HttpsProxy", "")
            .with("NoProxy", "")
            .with("Name", host.hostname())
            .with("Labels", List.of())
            .with("ExperimentalBuild", false)
            .with("ServerVersion", ENGINE_VERSION)
            .with("Runtimes", runtimes)
            .with("DefaultRuntime", "container")
            .with("Swarm", swarm())
            .with("LiveRestoreEnabled", true)
            .with("Isolation", "")
            .with("InitBinary", "abode-init")
            .with("ContainerdCommit", commit())
            .with("RuncCommit", commit())
            .with("InitCommit", commit())
            .with("SecurityOptions", host.securityOptions())
            .with("CDISpecDirs", List.of())
            .with("Warnings", host.warnings()));
  }

  private static JsonDocument commit() {
    return new JsonDocument().with("ID", "N/A").with("Expected", "N/A");
  }

  private static JsonDocument swarm() {
    return new JsonDocument()
        .with("NodeID", "")
        .with("NodeAddr", "")
        .with("LocalNodeState", "inactive")
        .with("ControlAvailable", false)
        .with("Error", "")
        .with("RemoteManagers", JsonDocument.NULL);
  }

  private JsonDocument registryConfig() {
    JsonDocument indexes = new JsonDocument();
    indexes.with(
        "docker.io",
        new JsonDocument()
            .with("Name", "docker.io")
            .with("Mirrors", List.of())
            .with("Secure", true)
            .with("Official", true));
    return new JsonDocument()
        .with("AllowNondistributableArtifactsCIDRs", JsonDocument.NULL)
        .with("AllowNondistributableArtifactsHostnames", JsonDocument.NULL)
        .with("InsecureRegistryCIDRs", List.of("::1/128", "127.0.0.0/8"))
        .with("IndexConfigs", indexes)
        .with("Mirrors", List.of());
  }

  private List<InstanceStatus> statuses() {
    return engine.instances().stream().map(i -> i.info().state().status()).toList();
  }

  /** The same for the same root folder, so that a client recognises it. */
  private String engineId() {
    int hash = engine.options().root().toAbsolutePath().toString().hashCode();
    return "abode-" + engine.host().hostname() + "-" + HexFormat.of().toHexDigits(hash);
  }

  /** Go's word for it, which version shows, as opposed to info. */
  private static String goArchitecture(String architecture) {
    return switch (architecture) {
      case "x86_64" -> "amd64";
      case "aarch64" -> "arm64";
      default -> architecture;
    };
  }

  private static String unameMachine(String architecture) {
    return switch (architecture) {
      case "amd64" -> "x86_64";
      case "arm64" -> "aarch64";
      default -> architecture;
    };
  }

  private void auth(Call call) throws IOException {
    JsonObject body = call.document();
    String server = body.nonEmptyText("serveraddress").orElse("https://index.docker.io/v1/");
    Registries.Login login = registries.get().login(server, RegistryAuth.document(body));
    call.respond(
        new JsonDocument()
            .with("Status", login.status())
            .with("IdentityToken", login.identityToken()));
  }

  private void distribution(Call call) throws IOException {
    Registries.Distribution found =
        registries
            .get()
            .inspect(
                Reference.parse(call.parameter("name")),
                RegistryAuth.header(call.exchange().field("X-Registry-Auth")));
    call.respond(
        new JsonDocument()
            .with(
                "Descriptor",
                new JsonDocument()
                    .with("mediaType", found.descriptor().mediaType())
                    .with("digest", found.descriptor().digest().toString())
                    .with("size", found.descriptor().sizeBytes()))
            .with(
                "Platforms",
                found.platforms().stream()
                    .map(
                        platform ->
                            new JsonDocument()
                                .with("architecture", platform.architecture())
                                .with("os", platform.os())
                                .withIfPresent("variant", platform.variant()))
                    .toList()));
  }

  private void diskUsage(Call call) throws IOException {
    List<String> types = call.query().all("type");
    JsonDocument document = new JsonDocument();
    if (types.isEmpty() || types.contains("image")) {
      Map<Digest, Long> users =
          engine.instances().stream()
              .collect(
                  Collectors.groupingBy(
                      instance -> instance.info().imageId(), Collectors.counting()));
      Map<Digest, Long> shared = engine.images().sharedSizes();
      document
          .with("LayersSize", engine.images().layersSizeBytes())
          .with(
              "Images",
              engine.images().list().stream()
                  .map(
                      image ->
                          images
                              .summary(image, call.version())
                              .with("Containers", users.getOrDefault(image.id(), 0L))
                              .with("SharedSize", shared.getOrDefault(image.id(), 0L)))
                  .toList());
    }
    if (types.isEmpty() || types.contains("container")) {
      List<JsonDocument> list = new ArrayList<>();
      for (Instance instance : engine.instances()) {
        list.add(containers.summary(instance.info()).with("SizeRw", instance.writableLayerBytes()));
      }
      document.with("Containers", list);
    }
    if (types.isEmpty() || types.contains("volume")) {
      document.with("Volumes", volumes.withUsage());
    }
    if (types.isEmpty() || types.contains("build-cache")) {
      document.with("BuildCache", List.of());
    }
    call.respond(document);
  }

  private static void pruneNoBuilds(Call call) throws IOException {
    call.respond(
        new JsonDocument().with("CachesDeleted", JsonDocument.NULL).with("SpaceReclaimed", 0));
  }
}
