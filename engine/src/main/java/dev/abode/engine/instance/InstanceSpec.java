package dev.abode.engine.instance;

import dev.abode.engine.network.PortBinding;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a user asks for when an instance is created. Everything that is not said comes from the
 * image, or from the engine's defaults.
 *
 * @param image a name or ID in the image store
 * @param name empty to be given one
 * @param entrypoint empty: the image's; a list of one empty string: none
 * @param command empty: the image's, unless an entrypoint was given
 * @param environment {@code NAME=value}, or {@code NAME} to remove the image's
 * @param workingDirectory empty: the image's
 * @param user {@code user[:group]}, names or numbers; empty: the image's
 * @param groupsAdded names or numbers
 * @param hostname empty: the first 12 digits of the ID
 * @param stopSignal name or number; empty: the image's, or SIGTERM
 * @param stopTimeout how long a stop waits before it kills; 10 seconds unless said
 * @param shmBytes size of /dev/shm; 64 MiB unless said
 * @param volumesFrom instances whose folders and volumes are mounted too, each perhaps with {@code
 *     :ro} or {@code :rw}
 * @param initProcess a minimal init as PID 1
 * @param autoRemove remove it when it has ended ({@code --rm})
 * @param annotations kept for the user, shown by inspect
 * @param exposedPorts {@code 80/tcp}, or a range {@code 80-82/tcp}; beside the image's
 * @param extraHosts {@code name:address} lines for /etc/hosts; the address {@code host-gateway} is
 *     the host as the instance sees it
 * @param dns name servers, instead of the host's
 * @param dnsSearch domains for short names, instead of the host's; one {@code .} for none
 * @param dnsOptions of {@code resolv.conf(5)}, instead of the host's
 * @param ports to be published on the host
 * @param publishAll publish every exposed port, on ports that are free
 * @param terminalRows initial height of the terminal in lines, 0 for unknown
 * @param terminalColumns initial width of the terminal in characters, 0 for unknown
 */
public record InstanceSpec(
    String image,
    Optional<String> name,
    Isolation isolation,
    Optional<List<String>> entrypoint,
    List<String> command,
    List<String> environment,
    Optional<String> workingDirectory,
    Optional<String> user,
    List<String> groupsAdded,
    Optional<String> hostname,
    String domainname,
    Map<String, String> labels,
    Map<String, String> annotations,
    Streams streams,
    Limits limits,
    Security security,
    Sharing sharing,
    NetworkMode network,
    List<MountSpec> mounts,
    List<String> volumesFrom,
    boolean readOnlyRootfs,
    OptionalLong shmBytes,
    boolean initProcess,
    RestartPolicy restart,
    Optional<String> stopSignal,
    Optional<Duration> stopTimeout,
    boolean autoRemove,
    LogSpec log,
    Optional<HealthCheck> health,
    List<String> exposedPorts,
    List<String> extraHosts,
    List<String> dns,
    List<String> dnsSearch,
    List<String> dnsOptions,
    List<PortBinding> ports,
    boolean publishAll,
    OptionalInt terminalRows,
    OptionalInt terminalColumns) {

  public InstanceSpec {
    entrypoint = entrypoint.map(List::copyOf);
    command = List.copyOf(command);
    environment = List.copyOf(environment);
    groupsAdded = List.copyOf(groupsAdded);
    labels = Map.copyOf(labels);
    annotations = Map.copyOf(annotations);
    mounts = List.copyOf(mounts);
    volumesFrom = List.copyOf(volumesFrom);
    exposedPorts = List.copyOf(exposedPorts);
    extraHosts = List.copyOf(extraHosts);
    dns = List.copyOf(dns);
    dnsSearch = List.copyOf(dnsSearch);
    dnsOptions = List.copyOf(dnsOptions);
    ports = List.copyOf(ports);
  }

  /** The image's own command, or {@code command} in its place, with every default. */
  public static InstanceSpec of(String image, String... command) {
    return builder(image).command(List.of(command)).build();
  }

  /** A spec with every default, to be changed. */
  public static InstanceSpecBuilder builder(String image) {
    return new InstanceSpecBuilder(image);
  }

  /** A builder that starts from this spec. */
  public InstanceSpecBuilder toBuilder() {
    return new InstanceSpecBuilder(this);
  }
}
