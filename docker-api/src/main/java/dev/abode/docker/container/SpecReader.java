package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.json.JsonObject;
import dev.abode.engine.instance.HealthCheck;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.LogSpec;
import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.instance.Sharing;
import dev.abode.engine.instance.Streams;
import dev.abode.image.ImageConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The body of {@code POST /containers/create} as an {@link InstanceSpec}. What Docker has and we do
 * not is refused if it says anything that matters, so that nobody runs with less than was asked for
 * without knowing.
 */
final class SpecReader {
  /** Fields of HostConfig that are refused when they say something, and why. */
  private static final Map<String, String> REFUSED =
      Map.ofEntries(
          Map.entry(
              "Links",
              "links are not supported; instances on one network know each other by name already,"
                  + " and --network-alias gives them further names"),
          Map.entry("StorageOpt", "--storage-opt is not supported"),
          Map.entry("Cgroup", "joining the cgroup of another container is not supported"));

  private final JsonObject config;
  private final JsonObject host;
  private final List<String> warnings = new ArrayList<>();

  private SpecReader(JsonObject config) {
    this.config = config;
    this.host = config.objectOrEmpty("HostConfig");
  }

  /** A spec, and what its author should know. */
  record Reading(InstanceSpec spec, List<String> warnings) {}

  /**
   * Reads the body of a creation.
   *
   * @param imageHealth the image's own health check, which the request may alter in part
   * @throws ApiException with status 400 or 501
   */
  static Reading read(
      JsonObject body, Optional<String> name, Optional<ImageConfig.Health> imageHealth) {
    SpecReader reader = new SpecReader(body);
    return new Reading(reader.spec(name, imageHealth), reader.warnings);
  }

  private InstanceSpec spec(Optional<String> name, Optional<ImageConfig.Health> imageHealth) {
    refuseUnsupported();
    InstanceSpecBuilder spec =
        InstanceSpec.builder(
            config
                .nonEmptyText("Image")
                .orElseThrow(() -> ApiException.invalid("no image: Image must not be empty")));
    name.map(given -> given.startsWith("/") ? given.substring(1) : given).ifPresent(spec::name);
    config.textOrTexts("Entrypoint").map(SpecReader::entrypoint).ifPresent(spec::entrypoint);
    config.nonEmptyText("WorkingDir").ifPresent(spec::workingDirectory);
    config.nonEmptyText("User").ifPresent(spec::user);
    config.nonEmptyText("Hostname").ifPresent(spec::hostname);
    config.nonEmptyText("StopSignal").ifPresent(spec::stopSignal);
    config.number("StopTimeout").ifPresent(s -> spec.stopTimeout(Duration.ofSeconds(s)));
    host.nonZero("ShmSize").ifPresent(spec::shmBytes);
    consoleSize(spec);
    health(imageHealth).ifPresent(spec::health);
    return spec.command(config.textOrTexts("Cmd").orElse(List.of()))
        .environment(config.texts("Env"))
        .domainname(config.textOrEmpty("Domainname"))
        .labels(config.textMap("Labels"))
        .annotations(host.textMap("Annotations"))
        .streams(
            new Streams(config.flag("Tty"), config.flag("OpenStdin"), config.flag("StdinOnce")))
        .exposedPorts(List.copyOf(config.objectOrEmpty("ExposedPorts").names()))
        .groupsAdded(host.texts("GroupAdd"))
        .extraHosts(host.texts("ExtraHosts"))
        .dns(host.texts("Dns"))
        .dnsSearch(host.texts("DnsSearch"))
        .dnsOptions(host.texts("DnsOptions"))
        .isolation(isolation())
        .limits(LimitsReader.read(host))
        .security(SecurityReader.security(host))
        .sharing(sharing())
        .network(network())
        .ports(NetworkReader.ports(host))
        .publishAll(host.flag("PublishAllPorts"))
        .mounts(MountReader.read(config, host))
        .volumesFrom(host.texts("VolumesFrom"))
        .readOnlyRootfs(host.flag("ReadonlyRootfs"))
        .initProcess(host.flag("Init"))
        .restart(restartPolicy(host.objectOrEmpty("RestartPolicy")))
        .autoRemove(autoRemove())
        .log(log())
        .build();
  }

  private void refuseUnsupported() {
    REFUSED.forEach(
        (member, why) -> {
          if (host.says(member)) {
            throw ApiException.unsupported(why + " (HostConfig." + member + ")");
          }
        });
    if (config.says("OnBuild")) {
      throw ApiException.unsupported("OnBuild has no meaning for a container");
    }
    String volumeDriver = host.textOrEmpty("VolumeDriver");
    if (!volumeDriver.isEmpty() && !volumeDriver.equals("local")) {
      throw ApiException.unsupported("the volume driver \"" + volumeDriver + "\" is not supported");
    }
    String isolation = host.textOrEmpty("Isolation");
    if (!isolation.isEmpty() && !isolation.equals("default")) {
      throw ApiException.invalid("invalid isolation '" + isolation + "' on linux");
    }
    if (host.says("KernelMemory")) {
      warnings.add(
          "KernelMemory is obsolete and was ignored; memory limits cover the kernel's too");
    }
  }

  /** Docker's empty list says "none", where ours says so by one empty word. */
  private static List<String> entrypoint(List<String> words) {
    return words.isEmpty() ? List.of("") : words;
  }

  private void consoleSize(InstanceSpecBuilder spec) {
    // [height, width]; a list of numbers, which no other field is.
    host.numbers("ConsoleSize")
        .filter(size -> size.size() == 2 && size.get(0) > 0 && size.get(1) > 0)
        .ifPresent(
            size ->
                spec.terminalRows(size.get(0).intValue()).terminalColumns(size.get(1).intValue()));
  }

  private Isolation isolation() {
    String runtime = host.textOrEmpty("Runtime");
    return switch (runtime) {
      case "", "container", "abode", "runc", "io.containerd.runc.v2" -> Isolation.CONTAINER;
      case "vm" -> Isolation.VM;
      default ->
          throw ApiException.invalid(
              "unknown or invalid runtime name: " + runtime + "; there are container and vm");
    };
  }

  private NetworkMode network() {
    NetworkMode network = NetworkReader.mode(config, host);
    if (network instanceof NetworkMode.Host && !NetworkReader.ports(host).isEmpty()) {
      warnings.add("Published ports are discarded when using host network mode");
    }
    return network;
  }

  /**
   * Docker's containers have the host's users, and those of {@code --network host} are expected to
   * bind any port. The kernel lets nobody do that from another user namespace below {@code
   * net.ipv4.ip_unprivileged_port_start}, which is the host's to change.
   */
  private Sharing sharing() {
    Sharing asked = SecurityReader.sharing(host);
    boolean undecided = host.textOrEmpty("UsernsMode").isEmpty() && !host.flag("Privileged");
    if (!undecided || !(NetworkReader.mode(config, host) instanceof NetworkMode.Host)) {
      return asked;
    }
    warnings.add(
        "With --network host, root inside is root of this host, as in Docker: from a user namespace"
            + " of its own it could not bind ports below 1024. Say --userns private to keep it"
            + " apart, without those ports");
    return new Sharing(
        asked.pid(), asked.ipc(), asked.uts(), new Sharing.With.Host(), asked.cgroup());
  }

  private boolean autoRemove() {
    boolean remove = host.flag("AutoRemove");
    if (remove
        && restartPolicy(host.objectOrEmpty("RestartPolicy")).mode() != RestartPolicy.Mode.NO) {
      throw ApiException.invalid("can't create 'AutoRemove' container with restart policy");
    }
    return remove;
  }

  static RestartPolicy restartPolicy(JsonObject policy) {
    String name = policy.textOrEmpty("Name");
    RestartPolicy.Mode mode =
        switch (name) {
          case "", "no" -> RestartPolicy.Mode.NO;
          case "always" -> RestartPolicy.Mode.ALWAYS;
          case "unless-stopped" -> RestartPolicy.Mode.UNLESS_STOPPED;
          case "on-failure" -> RestartPolicy.Mode.ON_FAILURE;
          default ->
              throw ApiException.invalid(
                  "invalid restart policy: unknown policy '"
                      + name
                      + "'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'");
        };
    return new RestartPolicy(mode, policy.integer("MaximumRetryCount").orElse(0));
  }

  private LogSpec log() {
    JsonObject log = host.objectOrEmpty("LogConfig");
    String type = log.textOrEmpty("Type");
    boolean kept =
        switch (type) {
          case "", "json-file", "local" -> true;
          case "none" -> false;
          default ->
              throw ApiException.unsupported(
                  "the log driver \""
                      + type
                      + "\" is not supported; there are json-file (the same as local here) and"
                      + " none");
        };
    long maxBytes = LogSpec.DEFAULT.maxBytes();
    int maxFiles = LogSpec.DEFAULT.maxFiles();
    for (Map.Entry<String, String> option : log.textMap("Config").entrySet()) {
      switch (option.getKey()) {
        case "max-size" -> maxBytes = ByteSize.parse(option.getValue());
        case "max-file" -> maxFiles = wholeNumber(option.getKey(), option.getValue());
        // How it is stored and handed on is the engine's own matter.
        case "compress", "mode", "max-buffer-size" -> {}
        default ->
            throw ApiException.invalid(
                "unknown log opt '" + option.getKey() + "' for " + type + " log driver");
      }
    }
    return new LogSpec(kept, maxBytes, maxFiles);
  }

  private static int wholeNumber(String what, String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException _) {
      throw ApiException.invalid(what + " must be a whole number, not \"" + text + "\"");
    }
  }

  /** Each part that the request leaves open comes from the image, else from Docker's defaults. */
  private Optional<HealthCheck> health(Optional<ImageConfig.Health> image) {
    JsonObject health = config.objectOrEmpty("Healthcheck");
    if (health.isEmpty()) {
      return Optional.empty();
    }
    List<String> test = health.texts("Test");
    if (test.isEmpty()) {
      test = image.map(ImageConfig.Health::test).orElse(List.of());
    }
    if (test.isEmpty()) {
      return Optional.empty();
    }
    OptionalLong retries = health.nonZero("Retries");
    return Optional.of(
        new HealthCheck(
            test,
            duration(health, "Interval")
                .or(() -> image.flatMap(ImageConfig.Health::interval))
                .orElse(Duration.ofSeconds(30)),
            duration(health, "Timeout")
                .or(() -> image.flatMap(ImageConfig.Health::timeout))
                .orElse(Duration.ofSeconds(30)),
            duration(health, "StartPeriod")
                .or(() -> image.flatMap(ImageConfig.Health::startPeriod))
                .orElse(Duration.ZERO),
            duration(health, "StartInterval").orElse(Duration.ofSeconds(5)),
            retries.isPresent()
                ? (int) retries.getAsLong()
                : image.map(ImageConfig.Health::retries).filter(r -> r > 0).orElse(3)));
  }

  private static Optional<Duration> duration(JsonObject health, String member) {
    OptionalLong nanos = health.nonZero(member);
    if (nanos.isPresent() && nanos.getAsLong() < 1_000_000) {
      throw ApiException.invalid(member + " in Healthcheck cannot be less than 1ms");
    }
    return nanos.isPresent() ? Optional.of(Duration.ofNanos(nanos.getAsLong())) : Optional.empty();
  }
}
