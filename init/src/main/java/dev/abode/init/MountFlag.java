package dev.abode.init;

/** Mount attributes of {@code mount_setattr(2)}, {@code MOUNT_ATTR_*} in linux/mount.h. */
public enum MountFlag {
  READ_ONLY(0x0000_0001),
  NO_SUID(0x0000_0002),
  NO_DEV(0x0000_0004),
  NO_EXEC(0x0000_0008),
  NO_ATIME(0x0000_0010),
  STRICT_ATIME(0x0000_0020),
  NO_DIR_ATIME(0x0000_0080),
  NO_SYMLINK_FOLLOW(0x0020_0000);

  private final int attribute;

  MountFlag(int attribute) {
    this.attribute = attribute;
  }

  /** The {@code MOUNT_ATTR_*} bit. */
  public int attribute() {
    return attribute;
  }
}
