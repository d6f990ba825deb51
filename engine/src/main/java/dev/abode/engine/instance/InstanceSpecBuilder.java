package dev.abode.engine.instance;

import dev.abode.engine.network.PortBinding;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Makes an {@link InstanceSpec}; each method sets the component of the same name. */
public final class InstanceSpecBuilder {
  private String image;
  private Optional<String> name = Optional.empty();
  private Isolation isolation = Isolation.CONTAINER;
  private Optional<List<String>> entrypoint = Optional.empty();
  private List<String> command = List.of();
  private List<String> environment = List.of();
  private Optional<String> workingDirectory = Optional.empty();
  private Optional<String> user = Optional.empty();
  private List<String> groupsAdded = List.of();
  private Optional<String> hostname = Optional.empty();
  private String domainname = "";
  private Map<String, String> labels = Map.of();
  private Map<String, String> annotations = Map.of();
  private Streams streams = Streams.OUTPUT_ONLY;
  private Limits limits = Limits.NONE;
  private Security security = Security.DEFAULT;
  private Sharing sharing = Sharing.PRIVATE;
  private NetworkMode network = new NetworkMode.Unspecified();
  private List<MountSpec> mounts = List.of();
  private List<String> volumesFrom = List.of();
  private boolean readOnlyRootfs = false;
  private OptionalLong shmBytes = OptionalLong.empty();
  private boolean initProcess = false;
  private RestartPolicy restart = RestartPolicy.NO;
  private Optional<String> stopSignal = Optional.empty();
  private Optional<Duration> stopTimeout = Optional.empty();
  private boolean autoRemove = false;
  private LogSpec log = LogSpec.DEFAULT;
  private Optional<HealthCheck> health = Optional.empty();
  private List<String> exposedPorts = List.of();
  private List<String> extraHosts = List.of();
  private List<String> dns = List.of();
  private List<String> dnsSearch = List.of();
  private List<String> dnsOptions = List.of();
  private List<PortBinding> ports = List.of();
  private boolean publishAll = false;
  private OptionalInt terminalRows = OptionalInt.empty();
  private OptionalInt terminalColumns = OptionalInt.empty();

  InstanceSpecBuilder(String image) {
    this.image = image;
  }

  InstanceSpecBuilder(InstanceSpec spec) {
    this.image = spec.image();
    this.name = spec.name();
    this.isolation = spec.isolation();
    this.entrypoint = spec.entrypoint();
    this.command = spec.command();
    this.environment = spec.environment();
    this.workingDirectory = spec.workingDirectory();
    this.user = spec.user();
    this.groupsAdded = spec.groupsAdded();
    this.hostname = spec.hostname();
    this.domainname = spec.domainname();
    this.labels = spec.labels();
    this.annotations = spec.annotations();
    this.streams = spec.streams();
    this.limits = spec.limits();
    this.security = spec.security();
    this.sharing = spec.sharing();
    this.network = spec.network();
    this.mounts = spec.mounts();
    this.volumesFrom = spec.volumesFrom();
    this.readOnlyRootfs = spec.readOnlyRootfs();
    this.shmBytes = spec.shmBytes();
    this.initProcess = spec.initProcess();
    this.restart = spec.restart();
    this.stopSignal = spec.stopSignal();
    this.stopTimeout = spec.stopTimeout();
    this.autoRemove = spec.autoRemove();
    this.log = spec.log();
    this.health = spec.health();
    this.exposedPorts = spec.exposedPorts();
    this.extraHosts = spec.extraHosts();
    this.dns = spec.dns();
    this.dnsSearch = spec.dnsSearch();
    this.dnsOptions = spec.dnsOptions();
    this.ports = spec.ports();
    this.publishAll = spec.publishAll();
    this.terminalRows = spec.terminalRows();
    this.terminalColumns = spec.terminalColumns();
  }

  public InstanceSpecBuilder image(String image) {
    this.image = image;
    return this;
  }

  public InstanceSpecBuilder name(String name) {
    this.name = Optional.of(name);
    return this;
  }

  public InstanceSpecBuilder isolation(Isolation isolation) {
    this.isolation = isolation;
    return this;
  }

  public InstanceSpecBuilder entrypoint(List<String> entrypoint) {
    this.entrypoint = Optional.of(entrypoint);
    return this;
  }

  public InstanceSpecBuilder command(List<String> command) {
    this.command = command;
    return this;
  }

  public InstanceSpecBuilder environment(List<String> environment) {
    this.environment = environment;
    return this;
  }

  public InstanceSpecBuilder workingDirectory(String workingDirectory) {
    this.workingDirectory = Optional.of(workingDirectory);
    return this;
  }

  public InstanceSpecBuilder user(String user) {
    this.user = Optional.of(user);
    return this;
  }

  public InstanceSpecBuilder groupsAdded(List<String> groupsAdded) {
    this.groupsAdded = groupsAdded;
    return this;
  }

  public InstanceSpecBuilder hostname(String hostname) {
    this.hostname = Optional.of(hostname);
    return this;
  }

  public InstanceSpecBuilder domainname(String domainname) {
    this.domainname = domainname;
    return this;
  }

  public InstanceSpecBuilder labels(Map<String, String> labels) {
    this.labels = labels;
    return this;
  }

  public InstanceSpecBuilder annotations(Map<String, String> annotations) {
    this.annotations = annotations;
    return this;
  }

  public InstanceSpecBuilder streams(Streams streams) {
    this.streams = streams;
    return this;
  }

  public InstanceSpecBuilder limits(Limits limits) {
    this.limits = limits;
    return this;
  }

  public InstanceSpecBuilder security(Security security) {
    this.security = security;
    return this;
  }

  public InstanceSpecBuilder sharing(Sharing sharing) {
    this.sharing = sharing;
    return this;
  }

  public InstanceSpecBuilder network(NetworkMode network) {
    this.network = network;
    return this;
  }

  public InstanceSpecBuilder mounts(List<MountSpec> mounts) {
    this.mounts = mounts;
    return this;
  }

  public InstanceSpecBuilder volumesFrom(List<String> volumesFrom) {
    this.volumesFrom = volumesFrom;
    return this;
  }

  public InstanceSpecBuilder readOnlyRootfs(boolean readOnlyRootfs) {
    this.readOnlyRootfs = readOnlyRootfs;
    return this;
  }

  public InstanceSpecBuilder shmBytes(long shmBytes) {
    this.shmBytes = OptionalLong.of(shmBytes);
    return this;
  }

  public InstanceSpecBuilder initProcess(boolean initProcess) {
    this.initProcess = initProcess;
    return this;
  }

  public InstanceSpecBuilder restart(RestartPolicy restart) {
    this.restart = restart;
    return this;
  }

  public InstanceSpecBuilder stopSignal(String stopSignal) {
    this.stopSignal = Optional.of(stopSignal);
    return this;
  }

  public InstanceSpecBuilder stopTimeout(Duration stopTimeout) {
    this.stopTimeout = Optional.of(stopTimeout);
    return this;
  }

  public InstanceSpecBuilder autoRemove(boolean autoRemove) {
    this.autoRemove = autoRemove;
    return this;
  }

  public InstanceSpecBuilder log(LogSpec log) {
    this.log = log;
    return this;
  }

  public InstanceSpecBuilder health(HealthCheck health) {
    this.health = Optional.of(health);
    return this;
  }

  public InstanceSpecBuilder exposedPorts(List<String> exposedPorts) {
    this.exposedPorts = exposedPorts;
    return this;
  }

  public InstanceSpecBuilder extraHosts(List<String> extraHosts) {
    this.extraHosts = extraHosts;
    return this;
  }

  public InstanceSpecBuilder dns(List<String> dns) {
    this.dns = dns;
    return this;
  }

  public InstanceSpecBuilder dnsSearch(List<String> dnsSearch) {
    this.dnsSearch = dnsSearch;
    return this;
  }

  public InstanceSpecBuilder dnsOptions(List<String> dnsOptions) {
    this.dnsOptions = dnsOptions;
    return this;
  }

  public InstanceSpecBuilder ports(List<PortBinding> ports) {
    this.ports = ports;
    return this;
  }

  public InstanceSpecBuilder publishAll(boolean publishAll) {
    this.publishAll = publishAll;
    return this;
  }

  public InstanceSpecBuilder terminalRows(int terminalRows) {
    this.terminalRows = OptionalInt.of(terminalRows);
    return this;
  }

  public InstanceSpecBuilder terminalColumns(int terminalColumns) {
    this.terminalColumns = OptionalInt.of(terminalColumns);
    return this;
  }

  public InstanceSpec build() {
    return new InstanceSpec(
        image,
        name,
        isolation,
        entrypoint,
        command,
        environment,
        workingDirectory,
        user,
        groupsAdded,
        hostname,
        domainname,
        labels,
        annotations,
        streams,
        limits,
        security,
        sharing,
        network,
        mounts,
        volumesFrom,
        readOnlyRootfs,
        shmBytes,
        initProcess,
        restart,
        stopSignal,
        stopTimeout,
        autoRemove,
        log,
        health,
        exposedPorts,
        extraHosts,
        dns,
        dnsSearch,
        dnsOptions,
        ports,
        publishAll,
        terminalRows,
        terminalColumns);
  }
}
