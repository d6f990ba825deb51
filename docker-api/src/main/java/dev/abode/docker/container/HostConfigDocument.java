package dev.abode.docker.container;

import dev.abode.docker.json.JsonDocument;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.LogSpec;
import dev.abode.engine.instance.RestartPolicy;
import dev.abode.engine.instance.Security;
import dev.abode.engine.instance.Sharing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * HostConfig as inspect shows it: {@link SpecReader} backwards. Every field of Docker's is there,
 * since clients written in typed languages read them all.
 */
final class HostConfigDocument {
  private HostConfigDocument() {}

  static JsonDocument of(InstanceSpec spec) {
    JsonDocument document = new JsonDocument();
    MountDocuments.addAsked(document, spec.mounts());
    document
        .with("ContainerIDFile", "")
        .with("LogConfig", log(spec.log()))
        .with("NetworkMode", NetworkSettings.mode(spec.network()))
        .with("PortBindings", NetworkSettings.bindings(spec.ports()))
        .with("RestartPolicy", restart(spec.restart()))
        .with("AutoRemove", spec.autoRemove())
        .with("VolumeDriver", "")
        .withOrNull("VolumesFrom", spec.volumesFrom())
        .with(
            "ConsoleSize", List.of(spec.terminalRows().orElse(0), spec.terminalColumns().orElse(0)))
        .withIfAny("Annotations", spec.annotations());
    security(document, spec.security());
    document
        .with("Dns", spec.dns())
        .with("DnsOptions", spec.dnsOptions())
        .with("DnsSearch", spec.dnsSearch())
        .withOrNull("ExtraHosts", spec.extraHosts())
        .withOrNull("GroupAdd", spec.groupsAdded())
        .with("Cgroup", "")
        .with("Links", JsonDocument.NULL)
        .with("PublishAllPorts", spec.publishAll())
        .with("ReadonlyRootfs", spec.readOnlyRootfs())
        .with("ShmSize", spec.shmBytes().orElse(64L << 20))
        .with("Runtime", spec.isolation() == Isolation.VM ? "vm" : "container")
        .with("Isolation", "")
        .with("Init", spec.initProcess());
    sharing(document, spec.sharing());
    limits(document, spec.limits());
    return document;
  }

  private static JsonDocument log(LogSpec log) {
    Map<String, String> options = new LinkedHashMap<>();
    if (log.kept() && !log.equals(LogSpec.DEFAULT)) {
      options.put("max-file", Integer.toString(log.maxFiles()));
      options.put("max-size", Long.toString(log.maxBytes()));
    }
    return new JsonDocument()
        .with("Type", log.kept() ? "json-file" : "none")
        .with("Config", options);
  }

  static JsonDocument restart(RestartPolicy policy) {
    return new JsonDocument()
        .with("Name", policy.mode().name().toLowerCase(Locale.ROOT).replace('_', '-'))
        .with("MaximumRetryCount", policy.maxRetries());
  }

  private static void security(JsonDocument document, Security security) {
    List<String> options = new ArrayList<>();
    if (security.noNewPrivileges()) {
      options.add("no-new-privileges");
    }
    switch (security.seccomp()) {
      case Security.SeccompChoice.Default _ -> {}
      case Security.SeccompChoice.Unconfined _ -> options.add("seccomp=unconfined");
      case Security.SeccompChoice.Profile profile -> options.add("seccomp=" + profile.json());
    }
    document
        .with("Privileged", security.privileged())
        .withOrNull("CapAdd", security.capabilitiesAdded())
        .withOrNull("CapDrop", security.capabilitiesDropped())
        .withOrNull("SecurityOpt", options)
        .withIfAny("Sysctls", security.sysctls())
        .with(
            "Devices",
            security.devices().stream()
                .map(
                    device ->
                        new JsonDocument()
                            .with("PathOnHost", device.pathOnHost())
                            .with("PathInContainer", device.pathInInstance())
                            .with("CgroupPermissions", device.permissions()))
                .toList())
        .withOrNull("DeviceCgroupRules", security.deviceCgroupRules())
        .with("DeviceRequests", JsonDocument.NULL)
        .withIfPresent("MaskedPaths", security.maskedPaths())
        .withIfPresent("ReadonlyPaths", security.readOnlyPaths());
  }

  private static void sharing(JsonDocument document, Sharing sharing) {
    document
        .with("PidMode", with(sharing.pid(), ""))
        .with("IpcMode", with(sharing.ipc(), "private"))
        .with("UTSMode", with(sharing.uts(), ""))
        .with("UsernsMode", with(sharing.user(), ""))
        .with("CgroupnsMode", with(sharing.cgroup(), "private"));
  }

  private static String with(Sharing.With with, String nobody) {
    return switch (with) {
      case Sharing.With.Nobody _ -> nobody;
      case Sharing.With.Host _ -> "host";
      case Sharing.With.Instance other -> "container:" + other.nameOrId();
    };
  }

  private static void limits(JsonDocument document, Limits limits) {
    document
        .with("CpuShares", limits.cpuShares().orElse(0))
        .with("Memory", limits.memoryBytes().orElse(0))
        .with("NanoCpus", limits.cpuNanos().orElse(0))
        .with("CgroupParent", "")
        .with("BlkioWeight", limits.blkioWeight().orElse(0))
        .with("BlkioWeightDevice", List.of())
        .with("BlkioDeviceReadBps", List.of())
        .with("BlkioDeviceWriteBps", List.of())
        .with("BlkioDeviceReadIOps", List.of())
        .with("BlkioDeviceWriteIOps", List.of())
        .with("CpuPeriod", limits.cpuPeriodMicros().orElse(0))
        .with("CpuQuota", limits.cpuQuotaMicros().orElse(0))
        .with("CpuRealtimePeriod", 0)
        .with("CpuRealtimeRuntime", 0)
        .with("CpusetCpus", limits.cpusetCpus().orElse(""))
        .with("CpusetMems", limits.cpusetMems().orElse(""))
        .with("MemoryReservation", limits.memoryReservationBytes().orElse(0))
        .with("MemorySwap", limits.memorySwapBytes().orElse(0))
        .with("MemorySwappiness", JsonDocument.NULL)
        .with("OomKillDisable", limits.oomKillDisabled())
        .with("OomScoreAdj", limits.oomScoreAdj().orElse(0))
        .withOrNull("PidsLimit", boxed(limits.pids()))
        .with(
            "Ulimits",
            limits.ulimits().stream()
                .map(
                    ulimit ->
                        new JsonDocument()
                            .with("Name", ulimit.name())
                            .with("Hard", ulimit.hard())
                            .with("Soft", ulimit.soft()))
                .toList())
        .with("CpuCount", 0)
        .with("CpuPercent", 0)
        .with("IOMaximumIOps", 0)
        .with("IOMaximumBandwidth", 0);
  }

  private static Optional<Long> boxed(OptionalLong value) {
    return value.isPresent() ? Optional.of(value.getAsLong()) : Optional.empty();
  }
}
