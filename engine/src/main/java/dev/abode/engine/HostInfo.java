package dev.abode.engine;

import java.util.List;
import java.util.stream.Stream;

/**
 * The host as the engine sees it, for {@code info} and {@code version}.
 *
 * @param cgroupVersion 1 for v1 and hybrid, 2 for unified
 * @param cgroupDriver always {@code cgroupfs}
 * @param memoryBytes of the machine
 * @param securityOptions in Docker's form, for example {@code name=seccomp,profile=builtin}
 * @param warnings what limits cannot be applied here and what could not be deleted, a sentence each
 */
public record HostInfo(
    String kernelVersion,
    String operatingSystem,
    String architecture,
    String hostname,
    int cpus,
    long memoryBytes,
    int cgroupVersion,
    String cgroupDriver,
    String storageDriver,
    List<String> securityOptions,
    List<String> warnings) {
  public HostInfo {
    securityOptions = List.copyOf(securityOptions);
    warnings = List.copyOf(warnings);
  }

  HostInfo withWarnings(List<String> more) {
    return new HostInfo(
        kernelVersion,
        operatingSystem,
        architecture,
        hostname,
        cpus,
        memoryBytes,
        cgroupVersion,
        cgroupDriver,
        storageDriver,
        securityOptions,
        Stream.concat(warnings.stream(), more.stream()).toList());
  }
}
