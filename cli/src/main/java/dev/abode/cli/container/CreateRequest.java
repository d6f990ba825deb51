package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.Syntax;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code create} and {@code run} ask the engine for: their command line, as the body of {@code
 * POST /containers/create}.
 *
 * @param name the container's; empty lets the engine choose one
 * @param platform {@code os/arch[/variant]}; empty for the engine's own
 */
record CreateRequest(String name, String platform, String image, Json body) {

  /** Adds the options that describe a container. */
  static Syntax describe(Syntax syntax) {
    return syntax
        .optionsFirst()
        .atLeast(1)
        .many("add-host", "HOST=IP", "Add a host name to /etc/hosts; HOST:IP does as well")
        .many("annotation", "KEY=VALUE", "Add an annotation")
        .many('a', "attach", "STREAM", "Attach to stdin, stdout or stderr")
        .many("cap-add", "CAPABILITY", "Add a Linux capability")
        .many("cap-drop", "CAPABILITY", "Drop a Linux capability")
        .one("cgroup-parent", "GROUP", "Parent of the container's control group")
        .one("cgroupns", "host|private", "Control group namespace")
        .one("cidfile", "FILE", "Write the container's ID to a file")
        .one("cpu-period", "MICROSECONDS", "Period of the CPU limit")
        .one("cpu-quota", "MICROSECONDS", "CPU time in each period")
        .one('c', "cpu-shares", "WEIGHT", "Relative CPU weight")
        .one("cpus", "NUMBER", "Number of CPUs")
        .one("cpuset-cpus", "LIST", "CPUs the container may use (0-3, 0,1)")
        .one("cpuset-mems", "LIST", "Memory nodes the container may use")
        .many("device", "HOST[:CONTAINER[:rwm]]", "Add a device of the host")
        .many("device-cgroup-rule", "RULE", "Add a rule to the list of allowed devices")
        .many("dns", "IP", "Name server")
        .many("dns-option", "OPTION", "Option of the name service")
        .many("dns-opt", "OPTION", "The same as --dns-option")
        .many("dns-search", "DOMAIN", "Search domain")
        .one("domainname", "NAME", "NIS domain name")
        .one("entrypoint", "COMMAND", "Instead of the image's entry point")
        .many(
            'e',
            "env",
            "NAME[=VALUE]",
            "Set an environment variable, or hand on the one that is set here")
        .many("env-file", "FILE", "Read environment variables from a file")
        .many("expose", "PORT", "Expose a port")
        .many("group-add", "GROUP", "Add a supplementary group")
        .one("health-cmd", "COMMAND", "Command that tells whether the container is healthy")
        .one("health-interval", "DURATION", "Time between two health checks")
        .one("health-retries", "NUMBER", "Failures in a row that make it unhealthy")
        .one("health-start-period", "DURATION", "Time in which failures do not count")
        .one("health-timeout", "DURATION", "Time a health check may take")
        .one('h', "hostname", "NAME", "Host name inside")
        .flag("init", "Run an init that forwards signals and reaps processes")
        .flag('i', "interactive", "Keep standard input open")
        .one("ipc", "MODE", "IPC namespace: private, shareable, host, container:NAME")
        .one("kernel", "FILE", "Boot a virtual machine with this vmlinuz-RELEASE of the host")
        .many('l', "label", "KEY[=VALUE]", "Set a label")
        .many("label-file", "FILE", "Read labels from a file")
        .one("log-driver", "DRIVER", "Logging driver")
        .many("log-opt", "KEY=VALUE", "Option of the logging driver (max-size, max-file)")
        .one('m', "memory", "BYTES", "Memory limit")
        .one("memory-reservation", "BYTES", "Memory that is kept when memory is scarce")
        .one("memory-swap", "BYTES", "Limit of memory and swap together; -1 for no limit")
        .one("memory-swappiness", "0-100", "How readily memory is swapped")
        .many("mount", "SPECIFICATION", "Attach a file system: type=bind,src=…,dst=…[,readonly]")
        .one("name", "NAME", "Name of the container")
        .one("mac-address", "ADDRESS", "MAC address")
        .many("network", "NETWORK", "Network, none, host, container:NAME, or name=…,ip=…,alias=…")
        .many("net", "NETWORK", "The same as --network")
        .many("link", "NAME[:ALIAS]", "Refused: networks have names")
        .many("link-local-ip", "ADDRESS", "Refused: use --ip")
        .one("ip", "ADDRESS", "IPv4 address")
        .one("ip6", "ADDRESS", "IPv6 address")
        .many("network-alias", "NAME", "Add a name in the network")
        .flag("no-healthcheck", "Disable the image's health check")
        .flag("oom-kill-disable", "Do not kill on lack of memory")
        .one("oom-score-adj", "-1000-1000", "Preference of the host's out-of-memory killer")
        .one("pid", "MODE", "PID namespace: host, container:NAME")
        .one("pids-limit", "NUMBER", "Limit of processes; -1 for no limit")
        .one("platform", "OS/ARCH", "Platform of the image")
        .flag("privileged", "Give the container the host's privileges")
        .many('p', "publish", "[[IP:]PORT:]PORT", "Publish a port on the host")
        .flag('P', "publish-all", "Publish all exposed ports on free ones")
        .one("pull", "always|missing|never", "When to pull the image")
        .flag('q', "quiet", "No progress of the pull")
        .flag("read-only", "Root file system read-only")
        .one("restart", "POLICY", "no, on-failure[:N], always, unless-stopped")
        .flag("rm", "Remove the container when it exits")
        .one("runtime", "RUNTIME", "Kind of walls: container or vm")
        .many(
            "security-opt",
            "OPTION",
            "no-new-privileges, seccomp=FILE|unconfined, systempaths=unconfined")
        .one("shm-size", "BYTES", "Size of /dev/shm")
        .one("stop-signal", "SIGNAL", "Signal that stops the container")
        .one("stop-timeout", "SECONDS", "Time before stopping becomes killing")
        .many("storage-opt", "KEY=VALUE", "Option of the storage")
        .many("sysctl", "KEY=VALUE", "Kernel parameter of the container's namespaces")
        .many("tmpfs", "PATH[:OPTIONS]", "Mount a tmpfs")
        .flag('t', "tty", "Give the container a terminal")
        .many("ulimit", "NAME=SOFT[:HARD]", "Resource limit of each process")
        .one('u', "user", "USER[:GROUP]", "User inside, by name or number")
        .one("userns", "MODE", "User namespace: host for none of its own")
        .one("uts", "MODE", "UTS namespace: host for the host's name")
        .flag("vm", "Run it behind the walls of a virtual machine (--runtime vm)")
        .many('v', "volume", "[HOST:]PATH[:ro]", "Mount a folder of the host, or a volume")
        .many("volumes-from", "CONTAINER", "Mount the volumes of another container")
        .one('w', "workdir", "PATH", "Working folder inside");
  }

  /** Whether a command line asks for the walls of a virtual machine. */
  static boolean isMachine(Arguments arguments) {
    return arguments.isOn("vm") || arguments.value("runtime", "").equals("vm");
  }

  /**
   * Reads a command line.
   *
   * @param environment of this process, for {@code -e NAME}
   * @throws UsageException for values that make no sense
   * @throws IOException if a file that is named cannot be read
   */
  static CreateRequest of(Arguments arguments, Map<String, String> environment) throws IOException {
    String image = arguments.operand(0);
    List<String> command = arguments.operands().subList(1, arguments.operands().size());
    boolean interactive = arguments.isOn("interactive");
    boolean detached = arguments.isOn("detach");
    List<String> attached = arguments.all("attach");

    Json.Fields body = Json.object();
    put(body, "Hostname", arguments.value("hostname"));
    put(body, "Domainname", arguments.value("domainname"));
    put(body, "User", arguments.value("user"));
    body.with("AttachStdin", Json.of(!detached && (interactive || attached.contains("stdin"))))
        .with(
            "AttachStdout",
            Json.of(!detached && (attached.isEmpty() || attached.contains("stdout"))))
        .with(
            "AttachStderr",
            Json.of(!detached && (attached.isEmpty() || attached.contains("stderr"))))
        .with("Tty", Json.of(arguments.isOn("tty")))
        .with("OpenStdin", Json.of(interactive))
        .with("StdinOnce", Json.of(interactive && !detached));
    List<String> variables = EnvironmentFile.variables(arguments, environment);
    if (!variables.isEmpty()) {
      body.with("Env", Json.texts(variables));
    }
    if (!command.isEmpty()) {
      body.with("Cmd", Json.texts(command));
    }
    if (arguments.isGiven("entrypoint")) {
      // An empty one clears the image's.
      body.with("Entrypoint", Json.texts(List.of(arguments.value("entrypoint", ""))));
    }
    body.with("Image", image);
    put(body, "WorkingDir", arguments.value("workdir"));
    Json.Fields labels = labels(arguments);
    if (!labels.values().isEmpty()) {
      body.with("Labels", labels);
    }
    put(body, "StopSignal", arguments.value("stop-signal"));
    putNumber(body, "StopTimeout", arguments.number("stop-timeout"));
    healthCheck(arguments).ifPresent(check -> body.with("Healthcheck", check));

    Json.Fields host = Json.object();
    resources(arguments, host);
    MountOptions.put(arguments, body, host);
    PortOptions.put(arguments, body, host);
    walls(arguments, host);
    Json.Fields log =
        Json.object()
            .with("Type", arguments.value("log-driver", ""))
            .with("Config", pairs("log-opt", arguments.all("log-opt")));
    if (arguments.isGiven("log-driver") || arguments.isGiven("log-opt")) {
      host.with("LogConfig", log);
    }
    host.with("AutoRemove", Json.of(arguments.isOn("rm")));
    arguments.value("restart").ifPresent(policy -> host.with("RestartPolicy", restart(policy)));
    if (arguments.isOn("vm") || arguments.isGiven("runtime")) {
      host.with("Runtime", arguments.value("runtime", "vm"));
    }
    body.with("HostConfig", host);
    NetworkOptions.put(arguments, body, host);
    return new CreateRequest(
        arguments.value("name", ""), arguments.value("platform", ""), image, body);
  }

  private static void resources(Arguments arguments, Json.Fields host) {
    putNumber(host, "CpuShares", arguments.number("cpu-shares"));
    putNumber(host, "CpuPeriod", arguments.number("cpu-period"));
    putNumber(host, "CpuQuota", arguments.number("cpu-quota"));
    putNumber(host, "NanoCpus", arguments.value("cpus").map(Quantities::nanoCpus));
    put(host, "CpusetCpus", arguments.value("cpuset-cpus"));
    put(host, "CpusetMems", arguments.value("cpuset-mems"));
    put(host, "CgroupParent", arguments.value("cgroup-parent"));
    putBytes(host, "Memory", arguments, "memory");
    putBytes(host, "MemoryReservation", arguments, "memory-reservation");
    putBytes(host, "MemorySwap", arguments, "memory-swap");
    putNumber(host, "MemorySwappiness", arguments.number("memory-swappiness"));
    putBytes(host, "ShmSize", arguments, "shm-size");
    putNumber(host, "PidsLimit", arguments.number("pids-limit"));
    putNumber(host, "OomScoreAdj", arguments.number("oom-score-adj"));
    if (arguments.isGiven("oom-kill-disable")) {
      host.with("OomKillDisable", Json.of(arguments.isOn("oom-kill-disable")));
    }
    if (arguments.isGiven("ulimit")) {
      List<Json> limits = new ArrayList<>();
      arguments.all("ulimit").forEach(limit -> limits.add(ulimit(limit)));
      host.with("Ulimits", new Json.Items(limits));
    }
    if (arguments.isGiven("device")) {
      List<Json> devices = new ArrayList<>();
      arguments.all("device").forEach(device -> devices.add(device(device)));
      host.with("Devices", new Json.Items(devices));
    }
    putTexts(host, "DeviceCgroupRules", arguments.all("device-cgroup-rule"));
  }

  /** The API's form, {@code HOST:IP}, of {@code HOST=IP} or {@code HOST:IP}. */
  private static String extraHost(String line) {
    int equals = line.indexOf('=');
    return equals < 0 ? line : line.substring(0, equals) + ':' + line.substring(equals + 1);
  }

  private static void walls(Arguments arguments, Json.Fields host) throws IOException {
    putTexts(host, "CapAdd", arguments.all("cap-add"));
    putTexts(host, "CapDrop", arguments.all("cap-drop"));
    putTexts(host, "GroupAdd", arguments.all("group-add"));
    putTexts(host, "Dns", arguments.all("dns"));
    List<String> nameOptions = new ArrayList<>(arguments.all("dns-option"));
    nameOptions.addAll(arguments.all("dns-opt"));
    putTexts(host, "DnsOptions", nameOptions);
    putTexts(host, "DnsSearch", arguments.all("dns-search"));
    putTexts(
        host,
        "ExtraHosts",
        arguments.all("add-host").stream().map(CreateRequest::extraHost).toList());
    put(host, "CgroupnsMode", arguments.value("cgroupns"));
    put(host, "IpcMode", arguments.value("ipc"));
    put(host, "PidMode", arguments.value("pid"));
    put(host, "UTSMode", arguments.value("uts"));
    put(host, "UsernsMode", arguments.value("userns"));
    putFlag(host, "Privileged", arguments, "privileged");
    putFlag(host, "ReadonlyRootfs", arguments, "read-only");
    putFlag(host, "Init", arguments, "init");
    putPairs(host, "Sysctls", arguments, "sysctl");
    putPairs(host, "StorageOpt", arguments, "storage-opt");
    putPairs(host, "Annotations", arguments, "annotation");
    SecurityOptions.put(host, arguments.all("security-opt"));
  }

  private static Json.Fields labels(Arguments arguments) throws IOException {
    List<String> given = new ArrayList<>();
    for (String file : arguments.all("label-file")) {
      for (String line : Files.readAllLines(Path.of(file), StandardCharsets.UTF_8)) {
        if (!line.isBlank() && !line.startsWith("#")) {
          given.add(line.strip());
        }
      }
    }
    given.addAll(arguments.all("label"));
    Json.Fields labels = Json.object();
    for (String label : given) {
      int equals = label.indexOf('=');
      labels.with(
          equals < 0 ? label : label.substring(0, equals),
          equals < 0 ? "" : label.substring(equals + 1));
    }
    if (arguments.isGiven("kernel")) {
      if (!isMachine(arguments)) {
        throw new UsageException("--kernel is for virtual machines; give --vm as well");
      }
      labels.with(
          "dev.abode.kernel", Path.of(arguments.value("kernel", "")).toAbsolutePath().toString());
    }
    return labels;
  }

  private static Optional<Json> healthCheck(Arguments arguments) {
    if (arguments.isOn("no-healthcheck")) {
      return Optional.of(Json.object().with("Test", Json.texts(List.of("NONE"))));
    }
    Json.Fields check = Json.object();
    arguments
        .value("health-cmd")
        .ifPresent(command -> check.with("Test", Json.texts(List.of("CMD-SHELL", command))));
    putNanos(check, "Interval", arguments, "health-interval");
    putNanos(check, "Timeout", arguments, "health-timeout");
    putNanos(check, "StartPeriod", arguments, "health-start-period");
    putNumber(check, "Retries", arguments.number("health-retries"));
    return check.values().isEmpty() ? Optional.empty() : Optional.of(check);
  }

  static Json restart(String policy) {
    int colon = policy.indexOf(':');
    Json.Fields restart =
        Json.object().with("Name", colon < 0 ? policy : policy.substring(0, colon));
    if (colon >= 0) {
      try {
        restart.with("MaximumRetryCount", Json.of(Long.parseLong(policy.substring(colon + 1))));
      } catch (NumberFormatException malformed) {
        throw new UsageException("--restart on-failure:N takes a number, not \"" + policy + '"');
      }
    }
    return restart;
  }

  private static Json ulimit(String limit) {
    String[] parts = limit.split("[=:]", -1);
    try {
      if (parts.length == 2 || parts.length == 3) {
        return Json.object()
            .with("Name", parts[0])
            .with("Soft", Json.of(Long.parseLong(parts[1])))
            .with("Hard", Json.of(Long.parseLong(parts[parts.length - 1])));
      }
    } catch (NumberFormatException malformed) {
      // Told below, together with the other malformed ones.
    }
    throw new UsageException("--ulimit takes NAME=SOFT[:HARD], not \"" + limit + '"');
  }

  private static Json device(String device) {
    List<String> parts = Arrays.asList(device.split(":", -1));
    String inside = parts.get(0);
    String access = "rwm";
    for (String part : parts.subList(1, parts.size())) {
      if (part.startsWith("/")) {
        inside = part;
      } else {
        access = part;
      }
    }
    return Json.object()
        .with("PathOnHost", parts.get(0))
        .with("PathInContainer", inside)
        .with("CgroupPermissions", access);
  }

  private static Json pairs(String option, List<String> given) {
    Json.Fields pairs = Json.object();
    for (String pair : given) {
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        throw new UsageException("--" + option + " takes KEY=VALUE, not \"" + pair + '"');
      }
      pairs.with(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return pairs;
  }

  private static void put(Json.Fields into, String field, Optional<String> value) {
    value.ifPresent(text -> into.with(field, text));
  }

  private static void putNumber(Json.Fields into, String field, Optional<Long> value) {
    value.ifPresent(number -> into.with(field, Json.of(number)));
  }

  private static void putBytes(Json.Fields into, String field, Arguments arguments, String option) {
    putNumber(into, field, arguments.value(option).map(text -> Quantities.bytes(option, text)));
  }

  private static void putNanos(Json.Fields into, String field, Arguments arguments, String option) {
    putNumber(into, field, arguments.value(option).map(text -> Quantities.nanos(option, text)));
  }

  private static void putTexts(Json.Fields into, String field, List<String> values) {
    if (!values.isEmpty()) {
      into.with(field, Json.texts(values));
    }
  }

  private static void putFlag(Json.Fields into, String field, Arguments arguments, String option) {
    if (arguments.isGiven(option)) {
      into.with(field, Json.of(arguments.isOn(option)));
    }
  }

  private static void putPairs(Json.Fields into, String field, Arguments arguments, String option) {
    if (arguments.isGiven(option)) {
      into.with(field, pairs(option, arguments.all(option)));
    }
  }
}
