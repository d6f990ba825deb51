package dev.abode.engine.volume;

import dev.abode.engine.failure.EngineException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Where the content of a volume is, as the options of Docker's local driver say it. */
public sealed interface Backing {
  /** Less than this, a file system has no room for files beside its own books. */
  long LEAST_BYTES = 1L << 20;

  /** In the volume's own folder. */
  record Folder() implements Backing {}

  /**
   * In a file system of its own in a file, so that it can never take more than {@code sizeBytes}.
   * The file is sparse and gives room back that is not used any more.
   */
  record Disk(long sizeBytes) implements Backing {}

  /**
   * In a file system that is mounted while somebody uses the volume.
   *
   * @param options as {@code mount(8)} takes them after {@code -o}
   */
  record Mounted(String type, String device, String options) implements Backing {}

  /** Whether something has to be mounted before the content can be seen. */
  default boolean needsMount() {
    return switch (this) {
      case Folder folder -> false;
      case Disk disk -> true;
      case Mounted mounted -> true;
    };
  }

  /**
   * Reads {@code -o} options.
   *
   * @throws EngineException INVALID_ARGUMENT, as far as they can be judged without trying
   */
  static Backing of(Map<String, String> options) {
    Set<String> unknown = new TreeSet<>(options.keySet());
    unknown.removeAll(Set.of("type", "device", "o", "size"));
    if (!unknown.isEmpty()) {
      throw invalid("invalid option: \"" + unknown.iterator().next() + "\"");
    }
    String size = options.getOrDefault("size", "");
    String type = options.getOrDefault("type", "");
    String device = options.getOrDefault("device", "");
    String mountOptions = options.getOrDefault("o", "");
    boolean mounts = !type.isEmpty() || !device.isEmpty() || !mountOptions.isEmpty();
    if (mounts && !size.isEmpty()) {
      throw invalid(
          "the option \"size\" is for volumes that the engine itself keeps; for a tmpfs say"
              + " o=size="
              + size
              + ", and of another device the size is the device's own");
    }
    if (!size.isEmpty()) {
      return new Disk(Sizes.bytes(size));
    }
    if (!mounts) {
      return new Folder();
    }
    requireBoth(type, device);
    if (MountOptions.parse(mountOptions).isBind() && !device.startsWith("/")) {
      throw invalid("a bind needs an absolute path as its device, not \"" + device + "\"");
    }
    return new Mounted(type, device, mountOptions);
  }

  private static void requireBoth(String type, String device) {
    if (type.isEmpty()) {
      throw invalid("missing required option: \"type\"");
    }
    if (device.isEmpty()) {
      throw invalid("missing required option: \"device\"");
    }
  }

  private static EngineException invalid(String message) {
    return new EngineException(EngineException.Kind.INVALID_ARGUMENT, message);
  }
}
