package dev.abode.engine.launch;

import dev.abode.engine.container.BindMount;
import dev.abode.engine.container.BindSources;
import dev.abode.engine.container.HostFacts;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.record.VolumeFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds the host's side of what is to be mounted into an instance.
 *
 * @param volumes the folder of all volumes
 */
record HostMounts(Path volumes, HostFacts host) {
  private static final String VOLUME_NAME = "[a-zA-Z0-9][a-zA-Z0-9_.-]*";

  /** Binds for all folders and volumes of {@code mounts}; what is in memory is not among them. */
  List<BindMount> binds(List<MountSpec> mounts) throws IOException {
    List<BindMount> binds = new ArrayList<>();
    for (MountSpec mount : mounts) {
      switch (mount) {
        case MountSpec.Bind bind -> binds.add(BindSources.resolve(bind, host));
        case MountSpec.Volume volume -> binds.add(volume(volume));
        case MountSpec.Tmpfs tmpfs -> {}
      }
    }
    return binds;
  }

  /** As {@link #binds}, where what a start would make first is named and not made. */
  List<BindMount> foreseen(List<MountSpec> mounts) throws IOException {
    List<BindMount> binds = new ArrayList<>();
    for (MountSpec mount : mounts) {
      Optional<Path> missing =
          switch (mount) {
            case MountSpec.Bind bind ->
                Optional.of(Path.of(bind.source())).filter(path -> bind.createSource());
            case MountSpec.Volume volume ->
                Optional.of(
                    new VolumeFolder(volumes.resolve(volume.name().orElse("(a new one)")))
                        .content());
            case MountSpec.Tmpfs tmpfs -> Optional.empty();
          };
      if (missing.filter(path -> !Files.exists(path)).isPresent()) {
        binds.add(
            new BindMount(
                missing.get().toString(),
                "",
                true,
                mount.target(),
                mount.readOnly(),
                false,
                true,
                MountSpec.PropagationMode.RPRIVATE,
                true));
      } else {
        binds.addAll(binds(List.of(mount)));
      }
    }
    return binds;
  }

  private BindMount volume(MountSpec.Volume volume) throws IOException {
    String name = volume.name().orElseThrow();
    if (!name.matches(VOLUME_NAME)) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "\""
              + name
              + "\" includes invalid characters for a local volume name, only"
              + " \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed; to mount a host folder, give its"
              + " absolute path");
    }
    Path content = new VolumeFolder(volumes.resolve(name)).content();
    if (!Files.isDirectory(content)) {
      throw new EngineException(Kind.NOT_FOUND, "get " + name + ": no such volume");
    }
    return BindSources.volume(content, volume, host);
  }
}
