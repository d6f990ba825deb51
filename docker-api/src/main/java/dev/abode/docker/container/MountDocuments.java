package dev.abode.docker.container;

import dev.abode.docker.json.JsonDocument;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.MountSpec.PropagationMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Mounts as inspect shows them: as they were asked for, and as they are. */
final class MountDocuments {
  private MountDocuments() {}

  // ---- HostConfig

  /**
   * Adds {@code Binds}, {@code Mounts} and {@code Tmpfs}, in the words they were asked for with.
   */
  static void addAsked(JsonDocument hostConfig, List<MountSpec> mounts) {
    List<String> binds = new ArrayList<>();
    List<JsonDocument> others = new ArrayList<>();
    Map<String, String> tmpfs = new LinkedHashMap<>();
    for (MountSpec mount : mounts) {
      switch (mount) {
        case MountSpec.Tmpfs memory when memory.shorthand().isPresent() ->
            tmpfs.put(memory.target(), memory.shorthand().get());
        case MountSpec.Bind bind when bind.shorthand().isPresent() ->
            binds.add(bind.shorthand().get());
        case MountSpec.Volume volume when volume.shorthand().isPresent() -> {
          // One without a name is in Config.Volumes.
          if (volume.name().isPresent()) {
            binds.add(volume.shorthand().get());
          }
        }
        case MountSpec.Bind bind -> others.add(asked(bind));
        case MountSpec.Volume volume -> others.add(asked(volume));
        case MountSpec.Tmpfs memory -> others.add(asked(memory));
      }
    }
    hostConfig.withOrNull("Binds", binds);
    if (!others.isEmpty()) {
      hostConfig.with("Mounts", others);
    }
    hostConfig.withIfAny("Tmpfs", tmpfs);
  }

  private static JsonDocument asked(MountSpec.Bind bind) {
    JsonDocument options = new JsonDocument();
    if (bind.propagation() != PropagationMode.RPRIVATE) {
      options.with("Propagation", word(bind.propagation()));
    }
    addIf(options, "NonRecursive", bind.nonRecursive());
    addIf(options, "CreateMountpoint", bind.createSource());
    addIf(
        options,
        "ReadOnlyNonRecursive",
        bind.readOnly() && !bind.recursiveReadOnly() && !bind.nonRecursive());
    return asked("bind", bind.source(), bind, "BindOptions", options);
  }

  private static JsonDocument asked(MountSpec.Volume volume) {
    JsonDocument options = new JsonDocument();
    addIf(options, "NoCopy", volume.noCopy());
    options.withIfAny("Labels", volume.labels());
    options.withIfPresent("Subpath", volume.subpath());
    if (!volume.options().isEmpty()) {
      options.with(
          "DriverConfig",
          new JsonDocument().with("Name", "local").with("Options", volume.options()));
    }
    return asked("volume", volume.name().orElse(""), volume, "VolumeOptions", options);
  }

  private static JsonDocument asked(MountSpec.Tmpfs tmpfs) {
    JsonDocument options = new JsonDocument();
    tmpfs.sizeBytes().ifPresent(bytes -> options.with("SizeBytes", bytes));
    tmpfs.mode().ifPresent(mode -> options.with("Mode", mode));
    if (!tmpfs.options().isEmpty()) {
      options.with(
          "Options",
          Arrays.stream(tmpfs.options().split(",", -1))
              .map(word -> List.of(word.split("=", 2)))
              .toList());
    }
    return asked("tmpfs", "", tmpfs, "TmpfsOptions", options);
  }

  private static JsonDocument asked(
      String type, String source, MountSpec mount, String optionsName, JsonDocument options) {
    JsonDocument document = new JsonDocument().with("Type", type);
    document.withIfAny("Source", source).with("Target", mount.target());
    addIf(document, "ReadOnly", mount.readOnly());
    if (!options.isEmpty()) {
      document.with(optionsName, options);
    }
    return document;
  }

  private static void addIf(JsonDocument document, String name, boolean flag) {
    if (flag) {
      document.with(name, true);
    }
  }

  private static String word(PropagationMode propagation) {
    return propagation.name().toLowerCase(Locale.ROOT);
  }

  // ---- Mounts

  /**
   * The list of {@code Mounts}.
   *
   * @param folderOf where a volume's content is
   */
  static List<JsonDocument> present(List<MountSpec> mounts, Function<String, String> folderOf) {
    return mounts.stream().flatMap(mount -> present(mount, folderOf).stream()).toList();
  }

  private static Optional<JsonDocument> present(
      MountSpec mount, Function<String, String> folderOf) {
    return switch (mount) {
      case MountSpec.Bind bind ->
          Optional.of(
              new JsonDocument()
                  .with("Type", "bind")
                  .with("Source", bind.source())
                  .with("Destination", bind.target())
                  .with("Mode", mode(bind.shorthand(), ""))
                  .with("RW", !bind.readOnly())
                  .with("Propagation", word(bind.propagation())));
      case MountSpec.Volume volume ->
          Optional.of(
              new JsonDocument()
                  .with("Type", "volume")
                  .with("Name", volume.name().orElse(""))
                  .with("Source", volume.name().map(folderOf).orElse(""))
                  .with("Destination", volume.target())
                  .with("Driver", "local")
                  .with("Mode", mode(volume.shorthand(), "z"))
                  .with("RW", !volume.readOnly())
                  .with("Propagation", ""));
      // What comes from --tmpfs is shown in HostConfig.Tmpfs only.
      case MountSpec.Tmpfs tmpfs when tmpfs.shorthand().isPresent() -> Optional.empty();
      case MountSpec.Tmpfs tmpfs ->
          Optional.of(
              new JsonDocument()
                  .with("Type", "tmpfs")
                  .with("Source", "")
                  .with("Destination", tmpfs.target())
                  .with("Mode", "")
                  .with("RW", !tmpfs.readOnly())
                  .with("Propagation", ""));
    };
  }

  /**
   * What stands behind the second colon of {@code -v}; {@code otherwise} when nothing does, unless
   * there was not even a first one.
   */
  private static String mode(Optional<String> shorthand, String otherwise) {
    if (shorthand.isEmpty()) {
      return otherwise;
    }
    String[] parts = shorthand.get().split(":", -1);
    return switch (parts.length) {
      case 1 -> "";
      case 2 -> otherwise;
      default -> parts[2];
    };
  }
}
