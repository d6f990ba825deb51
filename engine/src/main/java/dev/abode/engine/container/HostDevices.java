package dev.abode.engine.container;

import dev.abode.engine.cgroup.DeviceAccess;
import dev.abode.engine.cgroup.DeviceRule;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.Security;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Looks up the host's device files that an instance is given. */
public final class HostDevices {
  private static final Path DEV = Path.of("/dev");
  private static final int TYPE_MASK = 0170000;
  private static final int CHARACTER = 0020000;
  private static final int BLOCK = 0060000;

  /** What an instance has of its own there, so that the host's is not shown. */
  private static final Set<String> OWN =
      Set.of("pts", "shm", "mqueue", "fd", "stdin", "stdout", "stderr", "ptmx", "core", "console");

  private HostDevices() {}

  /**
   * The device files for {@code security}: all of the host's for a privileged instance, otherwise
   * those named, a folder standing for every device below it.
   *
   * @throws EngineException of kind INVALID_ARGUMENT when one does not exist or is no device
   */
  public static List<DeviceNode> of(Security security) throws IOException {
    List<DeviceNode> nodes = new ArrayList<>();
    if (security.privileged()) {
      collect(DEV, "/dev", "rwm", nodes);
    }
    for (Security.Device device : security.devices()) {
      Path path = Path.of(device.pathOnHost());
      String inside = device.pathInInstance().isEmpty() ? path.toString() : device.pathInInstance();
      String permissions = device.permissions().isEmpty() ? "rwm" : device.permissions();
      if (Files.isDirectory(path)) {
        collect(path, inside, permissions, nodes);
        continue;
      }
      Optional<DeviceNode> node = node(path, inside, permissions);
      if (node.isEmpty()) {
        throw new EngineException(
            EngineException.Kind.INVALID_ARGUMENT,
            "error gathering device information while adding custom device \""
                + path
                + "\": "
                + (Files.exists(path) ? "not a device node" : "no such file or directory"));
      }
      nodes.add(node.get());
    }
    return nodes;
  }

  /** What the control group of an instance with {@code nodes} may use. */
  public static DeviceAccess access(Security security, List<DeviceNode> nodes) {
    if (security.privileged()) {
      return DeviceAccess.EVERYTHING;
    }
    List<DeviceRule> rules = new ArrayList<>();
    for (DeviceNode node : nodes) {
      rules.add(new DeviceRule(node.type(), node.major(), node.minor(), node.permissions()));
    }
    security.deviceCgroupRules().forEach(text -> rules.add(DeviceRule.parse(text)));
    return DeviceAccess.defaultsAnd(rules);
  }

  private static void collect(
      Path folder, String inside, String permissions, List<DeviceNode> nodes) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (folder.equals(DEV) && OWN.contains(name)) {
          continue;
        }
        String target = inside + '/' + name;
        if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          collect(entry, target, permissions, nodes);
        } else if (!Files.isSymbolicLink(entry)) {
          node(entry, target, permissions).ifPresent(nodes::add);
        }
      }
    }
  }

  private static Optional<DeviceNode> node(Path path, String inside, String permissions)
      throws IOException {
    Map<String, Object> attributes;
    try {
      attributes = Files.readAttributes(path, "unix:mode,rdev,uid,gid");
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    int mode = Math.toIntExact(number(attributes, "mode"));
    int type = mode & TYPE_MASK;
    if (type != CHARACTER && type != BLOCK) {
      return Optional.empty();
    }
    // makedev(3): the kernel's 12-bit major and 20-bit minor, interleaved.
    long device = number(attributes, "rdev");
    int major = (int) ((device >>> 8 & 0xfff) | (device >>> 32 & 0xffff_f000L));
    int minor = (int) ((device & 0xff) | (device >>> 12 & 0xffff_ff00L));
    return Optional.of(
        new DeviceNode(
            inside,
            type == CHARACTER ? 'c' : 'b',
            major,
            minor,
            mode & 07777,
            Math.toIntExact(number(attributes, "uid")),
            Math.toIntExact(number(attributes, "gid")),
            permissions));
  }

  private static long number(Map<String, Object> attributes, String name) {
    return ((Number) Objects.requireNonNull(attributes.get(name), name)).longValue();
  }
}
