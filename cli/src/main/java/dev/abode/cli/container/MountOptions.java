package dev.abode.cli.container;

import dev.abode.cli.arguments.Arguments;
import dev.abode.cli.arguments.UsageException;
import dev.abode.cli.json.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code -v}, {@code --mount}, {@code --tmpfs} and {@code --volumes-from}. */
final class MountOptions {
  private MountOptions() {}

  static void put(Arguments arguments, Json.Fields body, Json.Fields host) {
    List<String> binds = new ArrayList<>();
    Json.Fields anonymous = Json.object();
    for (String volume : arguments.all("volume")) {
      if (volume.indexOf(':') < 0) {
        anonymous.with(volume, Json.object());
      } else {
        binds.add(absolute(volume));
      }
    }
    if (!binds.isEmpty()) {
      host.with("Binds", Json.texts(binds));
    }
    if (!anonymous.values().isEmpty()) {
      body.with("Volumes", anonymous);
    }
    if (arguments.isGiven("mount")) {
      List<Json> mounts = new ArrayList<>();
      arguments.all("mount").forEach(mount -> mounts.add(mount(mount)));
      host.with("Mounts", new Json.Items(mounts));
    }
    if (arguments.isGiven("tmpfs")) {
      Json.Fields tmpfs = Json.object();
      for (String mount : arguments.all("tmpfs")) {
        int colon = mount.indexOf(':');
        tmpfs.with(
            colon < 0 ? mount : mount.substring(0, colon),
            colon < 0 ? "" : mount.substring(colon + 1));
      }
      host.with("Tmpfs", tmpfs);
    }
    if (arguments.isGiven("volumes-from")) {
      host.with("VolumesFrom", Json.texts(arguments.all("volumes-from")));
    }
  }

  /** The engine does not know our working folder. */
  private static String absolute(String volume) {
    int colon = volume.indexOf(':');
    String source = volume.substring(0, colon);
    boolean relative = source.equals(".") || source.startsWith("./") || source.startsWith("../");
    return relative ? onHost(source) + volume.substring(colon) : volume;
  }

  private static String onHost(String path) {
    return Path.of(path).toAbsolutePath().normalize().toString();
  }

  private static Json mount(String specification) {
    Json.Fields mount = Json.object().with("Type", "volume");
    Json.Fields bind = Json.object();
    Json.Fields volume = Json.object();
    Json.Fields driver = Json.object();
    Json.Fields labels = Json.object();
    Json.Fields tmpfs = Json.object();
    for (String field : specification.split(",", -1)) {
      int equals = field.indexOf('=');
      String key = equals < 0 ? field : field.substring(0, equals);
      String value = equals < 0 ? "true" : field.substring(equals + 1);
      switch (key) {
        case "type" -> mount.with("Type", value);
        case "source", "src" -> mount.with("Source", value.startsWith(".") ? onHost(value) : value);
        case "target", "dst", "destination" -> mount.with("Target", value);
        case "readonly", "ro" -> mount.with("ReadOnly", Json.of(!value.equals("false")));
        case "bind-propagation" -> bind.with("Propagation", value);
        case "bind-create-src" -> bind.with("CreateMountpoint", Json.of(!value.equals("false")));
        case "bind-recursive" -> recursive(bind, value);
        case "volume-nocopy" -> volume.with("NoCopy", Json.of(!value.equals("false")));
        case "volume-subpath" -> volume.with("Subpath", value);
        case "volume-driver" -> driver.with("Name", value);
        case "volume-opt" -> {
          Json.Fields options =
              driver.values().get("Options") instanceof Json.Fields given ? given : Json.object();
          driver.with("Options", pair(options, value));
        }
        case "volume-label" -> pair(labels, value);
        case "bind-nonrecursive" -> bind.with("NonRecursive", Json.of(!value.equals("false")));
        case "tmpfs-size" -> tmpfs.with("SizeBytes", Json.of(Quantities.bytes("mount", value)));
        case "tmpfs-mode" -> tmpfs.with("Mode", Json.of(Long.parseLong(value, 8)));
        case "consistency" -> mount.with("Consistency", value);
        default ->
            throw new UsageException(
                "--mount knows no field \"" + key + "\" (in \"" + specification + "\")");
      }
    }
    if (mount.text("Target").isEmpty()) {
      throw new UsageException("--mount needs a target=PATH (in \"" + specification + "\")");
    }
    if (!bind.values().isEmpty()) {
      mount.with("BindOptions", bind);
    }
    if (!labels.values().isEmpty()) {
      volume.with("Labels", labels);
    }
    if (!driver.values().isEmpty()) {
      volume.with("DriverConfig", driver);
    }
    if (!volume.values().isEmpty()) {
      mount.with("VolumeOptions", volume);
    }
    if (!tmpfs.values().isEmpty()) {
      mount.with("TmpfsOptions", tmpfs);
    }
    return mount;
  }

  /** What is mounted below the source: docker's four words. */
  private static void recursive(Json.Fields bind, String word) {
    switch (word) {
      case "enabled" -> {}
      case "disabled" -> bind.with("NonRecursive", Json.of(true));
      case "writable" -> bind.with("ReadOnlyNonRecursive", Json.of(true));
      case "readonly" -> bind.with("ReadOnlyForceRecursive", Json.of(true));
      default ->
          throw new UsageException(
              "bind-recursive is enabled, disabled, writable or readonly, not \"" + word + "\"");
    }
  }

  private static Json.Fields pair(Json.Fields into, String pair) {
    int equals = pair.indexOf('=');
    return into.with(
        equals < 0 ? pair : pair.substring(0, equals),
        equals < 0 ? "" : pair.substring(equals + 1));
  }
}
