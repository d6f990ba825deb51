package dev.abode.engine.filesystem;

import dev.abode.engine.instance.HealthCheck;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.MountSpec;
import dev.abode.image.ImageConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;

/** What an image that is made of an instance says about how to run it. */
public final class CommittedConfig {
  private CommittedConfig() {}

  /**
   * The image's configuration with what the instance was created with in its place, so that running
   * the new image without a word runs what the instance ran; then changed by {@code instructions}.
   *
   * @param instructions of a Dockerfile, as {@code docker commit -c} takes them
   * @throws dev.abode.image.ImageException of kind INVALID_ARGUMENT for an instruction that is none
   *     or not possible here
   */
  public static ImageConfig of(ImageConfig image, InstanceSpec spec, List<String> instructions) {
    List<String> entrypoint =
        spec.entrypoint()
            .map(given -> given.equals(List.of("")) ? List.<String>of() : given)
            .orElse(image.entrypoint());
    // An entrypoint of one's own takes the image's command away, see "docker run --entrypoint".
    List<String> command =
        spec.command().isEmpty() && spec.entrypoint().isEmpty() ? image.command() : spec.command();
    Map<String, String> labels = new TreeMap<>(image.labels());
    labels.putAll(spec.labels());
    ImageConfig merged =
        new ImageConfig(
            image.platform(),
            Optional.empty(),
            image.author(),
            command,
            entrypoint,
            environment(image.environment(), spec.environment()),
            union(image.exposedPorts(), spec.exposedPorts()),
            union(image.volumes(), anonymousVolumes(spec)),
            labels,
            spec.workingDirectory().filter(d -> !d.isEmpty()).orElse(image.workingDirectory()),
            spec.user().filter(u -> !u.isEmpty()).orElse(image.user()),
            spec.stopSignal().or(image::stopSignal),
            image.shell(),
            spec.health().map(CommittedConfig::health).or(image::health),
            image.layers(),
            image.history());
    return merged.changed(instructions);
  }

  private static List<String> environment(List<String> image, List<String> spec) {
    Map<String, String> variables = new LinkedHashMap<>();
    for (String line : image) {
      int equals = line.indexOf('=');
      variables.put(equals < 0 ? line : line.substring(0, equals), line);
    }
    for (String line : spec) {
      int equals = line.indexOf('=');
      if (equals < 0) {
        variables.remove(line);
      } else {
        variables.put(line.substring(0, equals), line);
      }
    }
    return new ArrayList<>(variables.values());
  }

  private static List<String> union(List<String> first, List<String> second) {
    SequencedSet<String> all = new LinkedHashSet<>(first);
    all.addAll(second);
    return new ArrayList<>(all);
  }

  private static List<String> anonymousVolumes(InstanceSpec spec) {
    List<String> targets = new ArrayList<>();
    for (MountSpec mount : spec.mounts()) {
      if (mount instanceof MountSpec.Volume volume && volume.name().isEmpty()) {
        targets.add(volume.target());
      }
    }
    return targets;
  }

  private static ImageConfig.Health health(HealthCheck check) {
    return new ImageConfig.Health(
        check.test(),
        Optional.of(check.interval()),
        Optional.of(check.timeout()),
        Optional.of(check.startPeriod()),
        check.retries());
  }
}
