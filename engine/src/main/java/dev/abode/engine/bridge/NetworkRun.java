package dev.abode.engine.bridge;

import dev.abode.engine.network.Endpoint;
import dev.abode.engine.network.PublishedPort;
import dev.abode.engine.record.AtomicFile;
import dev.abode.engine.record.RecordJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a running instance was given: written to its run folder before the kernel knows of it, so
 * that an engine that follows can find it and take it away.
 *
 * @param format of this document, {@value #FORMAT} today
 * @param endpoints one a network, the first being the way to elsewhere
 * @param began those that the run began with, whatever was connected and disconnected since
 */
public record NetworkRun(
    int format, List<Endpoint> endpoints, List<Endpoint> began, List<PublishedPort> ports) {
  static final int FORMAT = 1;

  /** No bridge network. */
  public static final NetworkRun NONE = new NetworkRun(FORMAT, List.of(), List.of(), List.of());

  public NetworkRun {
    endpoints = List.copyOf(endpoints);
    began = List.copyOf(began);
    ports = List.copyOf(ports);
  }

  /** Its place in that network. */
  public Optional<Endpoint> endpoint(String networkId) {
    return endpoints.stream().filter(e -> e.networkId().equals(networkId)).findFirst();
  }

  NetworkRun with(Endpoint further) {
    List<Endpoint> all = new ArrayList<>(endpoints);
    all.add(further);
    return new NetworkRun(format, all, began, ports);
  }

  NetworkRun without(Endpoint gone) {
    return new NetworkRun(
        format, endpoints.stream().filter(e -> !e.equals(gone)).toList(), began, ports);
  }

  /** Reads one; nothing when there is none. */
  static NetworkRun read(Path file) throws IOException {
    try {
      return RecordJson.read(Files.readAllBytes(file), NONE);
    } catch (NoSuchFileException e) {
      return NONE;
    }
  }

  void write(Path file) throws IOException {
    AtomicFile.replace(file, RecordJson.write(this));
  }
}
