package dev.abode.image;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The image configuration, OCI image-spec "Image Configuration", as far as an engine acts on it.
 * The original JSON stays in the store untouched; this is a reading of it.
 *
 * @param command {@code Cmd}; empty when none
 * @param entrypoint {@code Entrypoint}; empty when none
 * @param environment {@code NAME=value}, in order
 * @param exposedPorts for example {@code 80/tcp}
 * @param volumes paths in the image that want a volume
 * @param workingDirectory empty when none is set
 * @param user {@code user[:group]}, names or numbers; empty when none is set
 */
public record ImageConfig(
    Platform platform,
    Optional<Instant> created,
    String author,
    List<String> command,
    List<String> entrypoint,
    List<String> environment,
    List<String> exposedPorts,
    List<String> volumes,
    Map<String, String> labels,
    String workingDirectory,
    String user,
    Optional<String> stopSignal,
    List<String> shell,
    Optional<Health> health,
    List<DiffId> layers,
    List<History> history) {

  public ImageConfig {
    command = List.copyOf(command);
    entrypoint = List.copyOf(entrypoint);
    environment = List.copyOf(environment);
    exposedPorts = List.copyOf(exposedPorts);
    volumes = List.copyOf(volumes);
    labels = Map.copyOf(labels);
    shell = List.copyOf(shell);
    layers = List.copyOf(layers);
    history = List.copyOf(history);
  }

  /** A configuration for {@code platform} that sets nothing. */
  public static ImageConfig empty(Platform platform) {
    return new ImageConfig(
        platform,
        Optional.empty(),
        "",
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        Map.of(),
        "",
        "",
        Optional.empty(),
        List.of(),
        Optional.empty(),
        List.of(),
        List.of());
  }

  /**
   * This configuration as Dockerfile instructions change it, as {@code docker commit -c} takes
   * them: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, SHELL, STOPSIGNAL, USER, VOLUME,
   * WORKDIR.
   *
   * @throws ImageException of kind INVALID_ARGUMENT for any other, or a malformed one
   */
  public ImageConfig changed(List<String> instructions) {
    return ConfigChanges.apply(this, instructions);
  }

  /** The same settings with other provenance and layers. */
  ImageConfig made(Optional<Instant> when, String by, List<DiffId> layerIds, List<History> lines) {
    return new ImageConfig(
        platform,
        when,
        by,
        command,
        entrypoint,
        environment,
        exposedPorts,
        volumes,
        labels,
        workingDirectory,
        user,
        stopSignal,
        shell,
        health,
        layerIds,
        lines);
  }

  /** A {@code HEALTHCHECK}; {@code test} as in the image: NONE, CMD …, CMD-SHELL …. */
  public record Health(
      List<String> test,
      Optional<Duration> interval,
      Optional<Duration> timeout,
      Optional<Duration> startPeriod,
      int retries) {
    public Health {
      test = List.copyOf(test);
    }
  }

  /** One line of {@code docker history}. */
  public record History(
      Optional<Instant> created,
      String createdBy,
      String author,
      String comment,
      boolean emptyLayer) {}
}
