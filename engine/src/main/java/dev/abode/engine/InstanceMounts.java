package dev.abode.engine;

import dev.abode.engine.container.Command;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.record.RandomId;
import dev.abode.image.ImageConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All mounts of an instance, from what was asked for, what other instances mount ({@code
 * --volumes-from}) and what the image declares as {@code VOLUME}; by Docker's precedence, and with
 * a name for each volume.
 */
final class InstanceMounts {
  private final List<MountSpec> mounts = new ArrayList<>();
  private final Set<String> targets = new HashSet<>();

  private InstanceMounts() {}

  /**
   * @throws EngineException NOT_FOUND for an instance to take mounts from; INVALID_ARGUMENT for a
   *     target that is none
   */
  static List<MountSpec> of(InstanceSpec spec, ImageConfig image, Catalog catalog) {
    InstanceMounts all = new InstanceMounts();
    spec.mounts().forEach(mount -> all.add(named(mount)));
    spec.volumesFrom().forEach(from -> all.addFrom(from, catalog));
    image.volumes().forEach(all::addDeclared);
    return List.copyOf(all.mounts);
  }

  private static MountSpec named(MountSpec mount) {
    return switch (mount) {
      case MountSpec.Bind bind -> bind;
      case MountSpec.Tmpfs tmpfs -> tmpfs;
      case MountSpec.Volume volume ->
          volume.name().isPresent() ? volume : volume.named(RandomId.next());
    };
  }

  private void add(MountSpec mount) {
    mounts.add(mount);
    targets.add(Command.clean(mount.target(), "mount path"));
  }

  private boolean isFree(String target) {
    return !targets.contains(Command.clean(target, "mount path"));
  }

  /** What is asked for goes before what another instance has at the same place. */
  private void addFrom(String from, Catalog catalog) {
    int colon = from.lastIndexOf(':');
    String mode = colon < 0 ? "" : from.substring(colon + 1);
    String other = colon < 0 ? from : from.substring(0, colon);
    Optional<Boolean> readOnly =
        switch (mode) {
          case "" -> Optional.empty();
          case "ro" -> Optional.of(true);
          // SELinux labels are for another kind of host.
          case "rw", "z", "Z" -> Optional.of(false);
          default ->
              throw new EngineException(
                  EngineException.Kind.INVALID_ARGUMENT,
                  "invalid mode for volumes-from: " + mode + "; there are ro and rw");
        };
    for (MountSpec mount : catalog.require(other).now().record().mounts()) {
      if (isFree(mount.target())) {
        switch (mount) {
          case MountSpec.Bind bind ->
              add(readOnly.map(value -> withReadOnly(bind, value)).orElse(bind));
          case MountSpec.Volume volume ->
              add(readOnly.map(value -> withReadOnly(volume, value)).orElse(volume));
          // Its memory is the other's own.
          case MountSpec.Tmpfs tmpfs -> {}
        }
      }
    }
  }

  private static MountSpec withReadOnly(MountSpec.Bind bind, boolean readOnly) {
    return new MountSpec.Bind(
        bind.source(),
        bind.target(),
        readOnly,
        readOnly,
        bind.nonRecursive(),
        bind.propagation(),
        bind.createSource(),
        bind.shorthand());
  }

  private static MountSpec withReadOnly(MountSpec.Volume volume, boolean readOnly) {
    return new MountSpec.Volume(
        volume.name(),
        volume.target(),
        readOnly,
        volume.noCopy(),
        volume.subpath(),
        volume.options(),
        volume.labels(),
        volume.shorthand());
  }

  private void addDeclared(String target) {
    String clean = Command.clean(target.startsWith("/") ? target : "/" + target, "mount path");
    if (clean.equals("/")) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "the image declares VOLUME "
              + target
              + ", and a volume cannot take the place of the whole root file system; build the"
              + " image without it");
    }
    if (isFree(clean)) {
      add(
          new MountSpec.Volume(
              Optional.of(RandomId.next()),
              clean,
              false,
              false,
              Optional.empty(),
              Map.of(),
              Map.of(),
              Optional.of(clean)));
    }
  }
}
