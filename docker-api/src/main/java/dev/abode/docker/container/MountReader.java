package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.json.JsonObject;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.MountSpec.PropagationMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** The four ways in which Docker's create says what is mounted: Mounts, Binds, Tmpfs, Volumes. */
final class MountReader {
  private final List<MountSpec> mounts = new ArrayList<>();

  static List<MountSpec> read(JsonObject config, JsonObject host) {
    MountReader reader = new MountReader();
    host.objects("Mounts").forEach(reader::mount);
    host.texts("Binds").forEach(reader::bind);
    host.textMap("Tmpfs").forEach(reader::tmpfs);
    for (String target : config.objectOrEmpty("Volumes").names()) {
      reader.anonymousVolume(target);
    }
    return reader.mounts;
  }

  private void add(MountSpec mount) {
    if (!mount.target().startsWith("/")) {
      throw ApiException.invalid(
          "invalid mount path: '" + mount.target() + "' mount path must be absolute");
    }
    if (isTaken(mount.target())) {
      throw ApiException.invalid("Duplicate mount point: " + mount.target());
    }
    mounts.add(mount);
  }

  private boolean isTaken(String target) {
    return mounts.stream().anyMatch(mount -> mount.target().equals(target));
  }

  /** {@code VOLUME}s on a path that has a mount already are covered by it. */
  private void anonymousVolume(String target) {
    if (!isTaken(target)) {
      add(
          new MountSpec.Volume(
              Optional.empty(),
              target,
              false,
              false,
              Optional.empty(),
              Map.of(),
              Map.of(),
              Optional.of(target)));
    }
  }

  // ---- HostConfig.Mounts

  private void mount(JsonObject mount) {
    String target = mount.textOrEmpty("Target");
    String source = mount.textOrEmpty("Source");
    boolean readOnly = mount.flag("ReadOnly");
    String type = mount.textOrEmpty("Type");
    if (target.isEmpty()) {
      throw ApiException.invalid(
          "invalid mount config for type \"" + type + "\": field Target must not be empty");
    }
    switch (type) {
      case "bind" -> add(bindMount(source, target, readOnly, mount.objectOrEmpty("BindOptions")));
      case "volume" ->
          add(volumeMount(source, target, readOnly, mount.objectOrEmpty("VolumeOptions")));
      case "tmpfs" ->
          add(tmpfsMount(source, target, readOnly, mount.objectOrEmpty("TmpfsOptions")));
      case "image", "cluster", "npipe" ->
          throw ApiException.unsupported(
              "mounts of type \"" + type + "\" are not supported; use bind, volume or tmpfs");
      default -> throw ApiException.invalid("mount type unknown: \"" + type + "\"");
    }
  }

  private static MountSpec bindMount(
      String source, String target, boolean readOnly, JsonObject options) {
    if (!source.startsWith("/")) {
      throw ApiException.invalid(
          "invalid mount config for type \"bind\": invalid mount path: '"
              + source
              + "' mount path must be absolute");
    }
    for (String option : List.of("ReadOnlyForceRecursive", "ReadOnlyNonRecursive")) {
      if (options.flag(option) && !readOnly) {
        throw ApiException.invalid(
            "invalid mount config for type \"bind\": " + option + " needs ReadOnly");
      }
    }
    if (options.flag("ReadOnlyForceRecursive") && options.flag("ReadOnlyNonRecursive")) {
      throw ApiException.invalid(
          "invalid mount config for type \"bind\": ReadOnlyForceRecursive and"
              + " ReadOnlyNonRecursive say the opposite of each other");
    }
    return new MountSpec.Bind(
        source,
        target,
        readOnly,
        readOnly && !options.flag("ReadOnlyNonRecursive"),
        options.flag("NonRecursive"),
        propagation(options.textOrEmpty("Propagation")),
        options.flag("CreateMountpoint"));
  }

  private static MountSpec volumeMount(
      String source, String target, boolean readOnly, JsonObject options) {
    String driver = options.objectOrEmpty("DriverConfig").textOrEmpty("Name");
    if (!driver.isEmpty() && !driver.equals("local")) {
      throw ApiException.unsupported("the volume driver \"" + driver + "\" is not supported");
    }
    Optional<String> subpath = options.nonEmptyText("Subpath");
    if (subpath.isPresent() && !isLocal(subpath.get())) {
      throw ApiException.invalid(
          "invalid mount config for type \"volume\": subpath must be a relative path within the"
              + " volume, not \""
              + subpath.get()
              + "\"");
    }
    return new MountSpec.Volume(
        Optional.of(source).filter(name -> !name.isEmpty()),
        target,
        readOnly,
        options.flag("NoCopy"),
        subpath,
        options.objectOrEmpty("DriverConfig").textMap("Options"),
        options.textMap("Labels"),
        Optional.empty());
  }

  /** Go's {@code filepath.IsLocal}: not absolute, and not above where it begins. */
  private static boolean isLocal(String path) {
    if (path.startsWith("/")) {
      return false;
    }
    int depth = 0;
    for (String name : path.split("/", -1)) {
      depth +=
          switch (name) {
            case "", "." -> 0;
            case ".." -> -1;
            default -> 1;
          };
      if (depth < 0) {
        return false;
      }
    }
    return true;
  }

  private static MountSpec tmpfsMount(
      String source, String target, boolean readOnly, JsonObject options) {
    if (!source.isEmpty()) {
      throw ApiException.invalid(
          "invalid mount config for type \"tmpfs\": field Source must not be specified");
    }
    return new MountSpec.Tmpfs(
        target,
        readOnly,
        options.nonZero("SizeBytes"),
        nonZero(options.integer("Mode")),
        words(options));
  }

  /** {@code [["exec"],["uid","1000"]]} as {@code exec,uid=1000}. */
  private static String words(JsonObject options) {
    return options.textLists("Options").stream()
        .map(pair -> String.join("=", pair))
        .collect(Collectors.joining(","));
  }

  private static OptionalInt nonZero(OptionalInt value) {
    return value.isPresent() && value.getAsInt() == 0 ? OptionalInt.empty() : value;
  }

  static PropagationMode propagation(String word) {
    if (word.isEmpty()) {
      return PropagationMode.RPRIVATE;
    }
    try {
      return PropagationMode.valueOf(word.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException _) {
      throw ApiException.invalid("invalid mount propagation: '" + word + "'");
    }
  }

  // ---- HostConfig.Binds

  /** {@code source:target[:options]}; a source that is no path names a volume. */
  private void bind(String text) {
    String[] parts = text.split(":", -1);
    if (parts.length == 1) {
      anonymousVolume(parts[0]);
      return;
    }
    if (parts.length > 3 || parts[0].isEmpty() || parts[1].isEmpty()) {
      throw ApiException.invalid("invalid volume specification: '" + text + "'");
    }
    boolean readOnly = false;
    boolean recursive = true;
    boolean noCopy = false;
    PropagationMode propagation = PropagationMode.RPRIVATE;
    for (String option : parts.length == 3 ? parts[2].split(",", -1) : new String[0]) {
      switch (option) {
        case "ro" -> readOnly = true;
        case "ro-non-recursive" -> {
          readOnly = true;
          recursive = false;
        }
        case "ro-force-recursive" -> readOnly = true;
        case "nocopy" -> noCopy = true;
        // SELinux labels and the consistency words of Docker Desktop mean nothing here.
        case "rw", "z", "Z", "", "cached", "delegated", "consistent", "default", "copy" -> {}
        case "private", "rprivate", "slave", "rslave", "shared", "rshared" ->
            propagation = propagation(option);
        default ->
            throw ApiException.invalid(
                "invalid volume specification: '" + text + "': invalid mode: " + option);
      }
    }
    if (parts[0].startsWith("/")) {
      add(
          new MountSpec.Bind(
              parts[0],
              parts[1],
              readOnly,
              readOnly && recursive,
              false,
              propagation,
              true,
              Optional.of(text)));
    } else {
      add(
          new MountSpec.Volume(
              Optional.of(parts[0]),
              parts[1],
              readOnly,
              noCopy,
              Optional.empty(),
              Map.of(),
              Map.of(),
              Optional.of(text)));
    }
  }

  // ---- HostConfig.Tmpfs

  private void tmpfs(String target, String text) {
    boolean readOnly = false;
    OptionalLong size = OptionalLong.empty();
    OptionalInt mode = OptionalInt.empty();
    List<String> others = new ArrayList<>();
    for (String option : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      Map.Entry<String, String> pair = pair(option);
      switch (pair.getKey()) {
        case "ro" -> readOnly = true;
        case "rw" -> readOnly = false;
        case "size" -> {
          if (pair.getValue().endsWith("%")) {
            others.add(option);
          } else {
            size = OptionalLong.of(ByteSize.parse(pair.getValue()));
          }
        }
        case "mode" -> mode = OptionalInt.of(octal(target, pair.getValue()));
        default -> others.add(option);
      }
    }
    add(
        new MountSpec.Tmpfs(
            target, readOnly, size, mode, String.join(",", others), Optional.of(text)));
  }

  private static Map.Entry<String, String> pair(String option) {
    int equals = option.indexOf('=');
    return equals < 0
        ? Map.entry(option, "")
        : Map.entry(option.substring(0, equals), option.substring(equals + 1));
  }

  private static int octal(String target, String text) {
    if (!text.matches("[0-7]{1,5}")) {
      throw ApiException.invalid("invalid tmpfs option mode=" + text + " for " + target);
    }
    return Integer.parseInt(text, 8);
  }
}
