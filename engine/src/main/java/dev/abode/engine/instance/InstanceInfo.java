package dev.abode.engine.instance;

import dev.abode.engine.network.Connection;
import dev.abode.engine.network.PublishedPort;
import dev.abode.image.Digest;
import dev.abode.image.Platform;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * All that is known of an instance at one moment; what {@code inspect} shows.
 *
 * @param id 64 hex digits
 * @param name without a leading slash
 * @param spec as it was asked for
 * @param imageId the image it was made from
 * @param arguments what is executed: entrypoint and command together
 * @param environment as the workload gets it
 * @param workingDirectory as the workload gets it
 * @param user as asked for or as in the image
 * @param execIds of exec sessions still known
 * @param logFile the current part of its log, absent when none is kept
 * @param mounts with anonymous volumes resolved
 * @param connections to bridge networks, the first one's gateway being the way to elsewhere
 * @param ports as they are published while it runs
 * @param warnings what a user should know, from the creation
 */
public record InstanceInfo(
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
    InstanceState state,
    List<String> execIds,
    Optional<Path> logFile,
    Path folder,
    List<MountSpec> mounts,
    List<Connection> connections,
    List<PublishedPort> ports,
    List<String> warnings) {
  public InstanceInfo {
    arguments = List.copyOf(arguments);
    environment = List.copyOf(environment);
    execIds = List.copyOf(execIds);
    mounts = List.copyOf(mounts);
    connections = List.copyOf(connections);
    ports = List.copyOf(ports);
    warnings = List.copyOf(warnings);
  }

  /** The first 12 digits of the ID, as tables show it. */
  public String shortId() {
    return id.substring(0, 12);
  }
}
