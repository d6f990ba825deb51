package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;

/**
 * A device file of an instance.
 *
 * @param path absolute, in the instance
 * @param type {@code 'c'} or {@code 'b'}
 * @param mode permission bits
 * @param permissions what its control group allows, a subset of {@code rwm}
 */
public record DeviceNode(
    String path, char type, int major, int minor, int mode, int uid, int gid, String permissions) {
  public DeviceNode {
    if (!path.startsWith("/") || permissions.isEmpty() || !permissions.matches("[rwm]+")) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "a device needs an absolute path and permissions out of rwm, not \""
              + path
              + "\" and \""
              + permissions
              + '"');
    }
  }

  /** The rule of {@code devices.allow} for it. */
  public String rule() {
    return type + " " + major + ":" + minor + " " + permissions;
  }
}
