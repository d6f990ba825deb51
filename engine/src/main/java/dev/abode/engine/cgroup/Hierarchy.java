package dev.abode.engine.cgroup;

import java.nio.file.Path;
import java.util.List;

/**
 * One mounted tree of control groups.
 *
 * @param mountPoint for example {@code /sys/fs/cgroup/memory}
 * @param controllers those bound to it, in the kernel's order; for v2 those available in its root
 */
public record Hierarchy(Path mountPoint, List<String> controllers) {
  public Hierarchy {
    controllers = List.copyOf(controllers);
  }

  /** Whether {@code controller} is bound to this hierarchy. */
  boolean has(String controller) {
    return controllers.contains(controller);
  }

  /** The folder's own name, which for v1 is what {@code mount(8)} takes as options. */
  public String name() {
    return String.join(",", controllers);
  }
}
