package dev.abode.engine.volume;

import dev.abode.engine.failure.EngineException;
import dev.abode.linux.Mounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What stands after {@code -o} of {@code mount(8)}, taken apart as {@code mount(2)} wants it.
 *
 * @param flags of {@link Mounts}
 * @param data what is the file system's own business
 */
record MountOptions(long flags, List<String> data) {
  private static final Map<String, Long> SET =
      Map.ofEntries(
          Map.entry("ro", Mounts.RDONLY),
          Map.entry("nosuid", Mounts.NOSUID),
          Map.entry("nodev", Mounts.NODEV),
          Map.entry("noexec", Mounts.NOEXEC),
          Map.entry("sync", Mounts.SYNCHRONOUS),
          Map.entry("dirsync", Mounts.DIRSYNC),
          Map.entry("noatime", Mounts.NOATIME),
          Map.entry("nodiratime", Mounts.NODIRATIME),
          Map.entry("relatime", Mounts.RELATIME),
          Map.entry("strictatime", Mounts.STRICTATIME),
          Map.entry("bind", Mounts.BIND),
          Map.entry("rbind", Mounts.BIND | Mounts.REC));

  private static final Map<String, Long> CLEARED =
      Map.ofEntries(
          Map.entry("rw", Mounts.RDONLY),
          Map.entry("suid", Mounts.NOSUID),
          Map.entry("dev", Mounts.NODEV),
          Map.entry("exec", Mounts.NOEXEC),
          Map.entry("async", Mounts.SYNCHRONOUS),
          Map.entry("atime", Mounts.NOATIME),
          Map.entry("diratime", Mounts.NODIRATIME),
          Map.entry("norelatime", Mounts.RELATIME),
          Map.entry("nostrictatime", Mounts.STRICTATIME),
          Map.entry("defaults", 0L));

  MountOptions {
    data = List.copyOf(data);
  }

  /**
   * @throws EngineException UNSUPPORTED for words that change what is mounted already
   */
  static MountOptions parse(String options) {
    long flags = 0;
    List<String> data = new ArrayList<>();
    for (String word : options.isEmpty() ? new String[0] : options.split(",", -1)) {
      switch (word) {
        case "" -> {}
        case "remount",
            "move",
            "shared",
            "rshared",
            "slave",
            "rslave",
            "private",
            "rprivate",
            "unbindable",
            "runbindable" ->
            throw new EngineException(
                EngineException.Kind.UNSUPPORTED,
                "the mount option \""
                    + word
                    + "\" changes something that is mounted already, and a volume is a mount of its"
                    + " own; leave it out");
        default -> {
          if (SET.containsKey(word)) {
            flags |= SET.get(word);
          } else if (CLEARED.containsKey(word)) {
            flags &= ~CLEARED.get(word);
          } else {
            data.add(word);
          }
        }
      }
    }
    return new MountOptions(flags, data);
  }

  boolean isBind() {
    return (flags & Mounts.BIND) != 0;
  }
}
