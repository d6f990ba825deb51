package dev.abode.engine.instance;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How far the walls of a container are opened or tightened against the defaults.
 *
 * @param privileged every capability, every device, no seccomp, nothing masked; implies the host's
 *     user namespace
 * @param capabilitiesAdded names without {@code CAP_}, upper case, or {@code ALL}
 * @param capabilitiesDropped likewise
 * @param noNewPrivileges {@code --security-opt no-new-privileges}
 * @param maskedPaths instead of the default ones
 * @param readOnlyPaths instead of the default ones
 * @param devices {@code --device}
 * @param deviceCgroupRules {@code --device-cgroup-rule}, for example {@code c 42:* rmw}
 * @param sysctls kernel parameters; behind walls with a kernel of their own, any
 */
public record Security(
    boolean privileged,
    List<String> capabilitiesAdded,
    List<String> capabilitiesDropped,
    boolean noNewPrivileges,
    SeccompChoice seccomp,
    Optional<List<String>> maskedPaths,
    Optional<List<String>> readOnlyPaths,
    List<Device> devices,
    List<String> deviceCgroupRules,
    Map<String, String> sysctls) {

  public static final Security DEFAULT =
      new Security(
          false,
          List.of(),
          List.of(),
          false,
          new SeccompChoice.Default(),
          Optional.empty(),
          Optional.empty(),
          List.of(),
          List.of(),
          Map.of());

  public Security {
    capabilitiesAdded = List.copyOf(capabilitiesAdded);
    capabilitiesDropped = List.copyOf(capabilitiesDropped);
    devices = List.copyOf(devices);
    deviceCgroupRules = List.copyOf(deviceCgroupRules);
    sysctls = Map.copyOf(sysctls);
  }

  /** As this, with these kernel parameters instead. */
  public Security withSysctls(Map<String, String> others) {
    return new Security(
        privileged,
        capabilitiesAdded,
        capabilitiesDropped,
        noNewPrivileges,
        seccomp,
        maskedPaths,
        readOnlyPaths,
        devices,
        deviceCgroupRules,
        others);
  }

  /** Which system calls are allowed. */
  public sealed interface SeccompChoice {
    /** The engine's default-deny list. */
    record Default() implements SeccompChoice {}

    record Unconfined() implements SeccompChoice {}

    /** A profile in Docker's JSON form. */
    record Profile(String json) implements SeccompChoice {}
  }

  /**
   * A device of the host.
   *
   * @param permissions a subset of {@code rwm}
   */
  public record Device(String pathOnHost, String pathInInstance, String permissions) {}
}
