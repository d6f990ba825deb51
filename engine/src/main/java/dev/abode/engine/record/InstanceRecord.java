package dev.abode.engine.record;

import dev.abode.engine.instance.HealthCheck;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.network.EndpointSpec;
import dev.abode.image.Digest;
import dev.abode.image.Platform;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What an instance is: what was asked for, and what that came to with its image. {@code
 * instance.json}; written when it is created, renamed or updated.
 *
 * @param format of this document, {@value #FORMAT} today
 * @param arguments entrypoint and command together
 * @param environment as the workload gets it
 * @param stopSignal a name or number
 * @param health how its health is found out, from the spec or the image
 * @param mounts with anonymous volumes resolved
 * @param endpoints the bridge networks it belongs to, by ID
 */
public record InstanceRecord(
    int format,
    String id,
    String name,
    Instant created,
    InstanceSpec spec,
    Digest imageId,
    Platform platform,
    List<String> arguments,
    List<String> environment,
    String workingDirectory,
    String user,
    String stopSignal,
    Duration stopTimeout,
    Optional<HealthCheck> health,
    List<MountSpec> mounts,
    List<EndpointSpec> endpoints,
    List<String> warnings) {
  public static final int FORMAT = 1;

  /** Gives what an older document lacks. */
  static final InstanceRecord TEMPLATE =
      new InstanceRecord(
          FORMAT,
          "",
          "",
          Instant.EPOCH,
          InstanceSpec.of(""),
          Digest.parse("sha256:" + "0".repeat(64)),
          new Platform("linux", "unknown", Optional.empty()),
          List.of(),
          List.of(),
          "",
          "",
          "SIGTERM",
          Duration.ofSeconds(10),
          Optional.empty(),
          List.of(),
          List.of(),
          List.of());

  public InstanceRecord {
    arguments = List.copyOf(arguments);
    environment = List.copyOf(environment);
    mounts = List.copyOf(mounts);
    endpoints = List.copyOf(endpoints);
    warnings = List.copyOf(warnings);
  }

  /** Stands for an instance whose document cannot be read, so that it can be seen and removed. */
  public static InstanceRecord unreadable(String id) {
    return new InstanceRecord(
        FORMAT,
        id,
        id.substring(0, 12),
        TEMPLATE.created(),
        TEMPLATE.spec(),
        TEMPLATE.imageId(),
        TEMPLATE.platform(),
        List.of(),
        List.of(),
        "/",
        "",
        TEMPLATE.stopSignal(),
        TEMPLATE.stopTimeout(),
        Optional.empty(),
        List.of(),
        List.of(),
        List.of());
  }

  /** The same instance under another name. */
  public InstanceRecord withName(String newName) {
    return with(newName, spec, endpoints);
  }

  /** The same instance in other networks. */
  public InstanceRecord withEndpoints(List<EndpointSpec> newEndpoints) {
    return with(name, spec, newEndpoints);
  }

  /** The same instance, asked for differently in what may change: limits and restart policy. */
  public InstanceRecord withSpec(InstanceSpec newSpec) {
    return with(name, newSpec, endpoints);
  }

  /** All that may ever change of an instance. */
  private InstanceRecord with(
      String newName, InstanceSpec newSpec, List<EndpointSpec> newEndpoints) {
    return new InstanceRecord(
        format,
        id,
        newName,
        created,
        newSpec,
        imageId,
        platform,
        arguments,
        environment,
        workingDirectory,
        user,
        stopSignal,
        stopTimeout,
        health,
        mounts,
        newEndpoints,
        warnings);
  }
}
