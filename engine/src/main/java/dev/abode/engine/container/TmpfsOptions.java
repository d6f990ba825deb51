package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.instance.MountSpec;
import dev.abode.init.MountFlag;
import dev.abode.init.Step;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code --tmpfs} and {@code --mount type=tmpfs}: what the user says, and Docker's defaults. */
final class TmpfsOptions {
  private static final Map<String, MountFlag> FLAGS =
      Map.of(
          "ro", MountFlag.READ_ONLY,
          "nosuid", MountFlag.NO_SUID,
          "nodev", MountFlag.NO_DEV,
          "noexec", MountFlag.NO_EXEC,
          "noatime", MountFlag.NO_ATIME,
          "strictatime", MountFlag.STRICT_ATIME,
          "nodiratime", MountFlag.NO_DIR_ATIME);
  private static final Map<String, MountFlag> CLEARED =
      Map.of(
          "rw", MountFlag.READ_ONLY,
          "suid", MountFlag.NO_SUID,
          "dev", MountFlag.NO_DEV,
          "exec", MountFlag.NO_EXEC,
          "atime", MountFlag.NO_ATIME,
          "diratime", MountFlag.NO_DIR_ATIME);

  /** Options of tmpfs(5) itself. */
  private static final Set<String> DATA =
      Set.of("size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol", "huge");

  private TmpfsOptions() {}

  static Step.Mount mount(MountSpec.Tmpfs tmpfs, String target) {
    Set<MountFlag> flags = EnumSet.of(MountFlag.NO_SUID, MountFlag.NO_DEV, MountFlag.NO_EXEC);
    List<String> data = new ArrayList<>();
    Optional<String> mode = Optional.of("mode=1777");
    for (String option : tmpfs.options().split(",", -1)) {
      String name = option.contains("=") ? option.substring(0, option.indexOf('=')) : option;
      if (option.isBlank() || option.equals("relatime")) {
        continue;
      }
      if (FLAGS.containsKey(option)) {
        flags.add(FLAGS.get(option));
      } else if (CLEARED.containsKey(option)) {
        flags.remove(CLEARED.get(option));
      } else if (name.equals("mode")) {
        mode = Optional.of(option);
      } else if (DATA.contains(name)) {
        data.add(option);
      } else {
        throw new EngineException(
            EngineException.Kind.INVALID_ARGUMENT,
            "invalid tmpfs option \""
                + option
                + "\" for "
                + tmpfs.target()
                + "; tmpfs(5) lists them");
      }
    }
    if (tmpfs.readOnly()) {
      flags.add(MountFlag.READ_ONLY);
    }
    tmpfs.sizeBytes().ifPresent(size -> data.add("size=" + size));
    data.add(
        tmpfs.mode().isPresent()
            ? "mode=" + Integer.toOctalString(tmpfs.mode().getAsInt())
            : mode.orElseThrow());
    return new Step.Mount(
        "tmpfs", "tmpfs", Step.Place.ROOTFS, target, flags, String.join(",", data));
  }
}
