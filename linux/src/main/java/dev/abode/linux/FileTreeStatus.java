package dev.abode.linux;

import java.time.Instant;

/**
 * What {@code statx(2)} says of a file.
 *
 * @param permissions the low twelve bits of the mode: set-user-ID, set-group-ID, sticky, rwx
 * @param sizeBytes of the content; of a symbolic link the length of its target
 * @param allocatedBytes on disk, less than the size where the file has holes
 * @param links names of this inode
 * @param device of the file system it is on
 * @param represents the device a device node stands for, 0:0 otherwise
 * @param mountId of the mount it was reached through, {@code STATX_MNT_ID}
 */
public record FileTreeStatus(
    Kind kind,
    int permissions,
    long uid,
    long gid,
    long sizeBytes,
    long allocatedBytes,
    long links,
    long inode,
    Device device,
    Device represents,
    Instant modified,
    Instant accessed,
    Instant changed,
    long mountId) {

  /** The type bits of a mode, {@code inode(7)}. */
  public enum Kind {
    FIFO(0010000),
    CHARACTER_DEVICE(0020000),
    DIRECTORY(0040000),
    BLOCK_DEVICE(0060000),
    REGULAR(0100000),
    SYMBOLIC_LINK(0120000),
    SOCKET(0140000);

    private static final int MASK = 0170000;
    final int bits;

    Kind(int bits) {
      this.bits = bits;
    }

    static Kind of(int mode) {
      for (Kind kind : values()) {
        if (kind.bits == (mode & MASK)) {
          return kind;
        }
      }
      throw new IllegalArgumentException(
          "a file of unknown type, mode " + Integer.toOctalString(mode));
    }
  }

  /** A device number, {@code makedev(3)}. */
  public record Device(long major, long minor) {}

  public boolean isDirectory() {
    return kind == Kind.DIRECTORY;
  }

  /** Whether overlayfs reads this as "nothing here, whatever lies below": a device 0:0. */
  public boolean isWhiteout() {
    return kind == Kind.CHARACTER_DEVICE && represents.major() == 0 && represents.minor() == 0;
  }
}
