package dev.abode.engine.filesystem;

import dev.abode.image.tar.TarEntry;
import dev.abode.linux.FileTreeStatus.Device;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file as a guest tells it. All of it is the guest's to say; that it is possible at all was
 * checked, see {@link TreeWire}.
 *
 * @param name relative to what was asked for; "" for that itself
 * @param mode {@code st_mode} of {@code stat(2)}
 * @param place bits of {@link TreeWire}
 * @param linkTarget of a symbolic link, else ""
 * @param extents where a file that comes with its content has data
 */
record GuestNode(
    String name,
    int mode,
    long uid,
    long gid,
    long links,
    long sizeBytes,
    long inode,
    Device device,
    Device represents,
    Instant modified,
    Instant accessed,
    int place,
    String linkTarget,
    Map<String, byte[]> attributes,
    List<TarEntry.Extent> extents) {
  /** {@code S_IFMT} and its values, {@code inode(7)}. */
  static final int TYPE = 0170000;

  static final int FIFO = 0010000;
  static final int CHARACTER_DEVICE = 0020000;
  static final int DIRECTORY = 0040000;
  static final int BLOCK_DEVICE = 0060000;
  static final int REGULAR = 0100000;
  static final int SYMBOLIC_LINK = 0120000;

  static final int SOCKET = 0140000;

  GuestNode {
    attributes = Map.copyOf(attributes);
    extents = List.copyOf(extents);
  }

  int type() {
    return mode & TYPE;
  }

  boolean isDirectory() {
    return type() == DIRECTORY;
  }

  boolean isLink() {
    return type() == SYMBOLIC_LINK;
  }

  boolean isOfKernel() {
    return (place & TreeWire.OF_KERNEL) != 0;
  }

  boolean isOnRootMount() {
    return (place & TreeWire.ON_ROOT_MOUNT) != 0;
  }

  boolean isReadOnly() {
    return (place & TreeWire.READ_ONLY) != 0;
  }

  /** What it is in an archive; empty for a socket, which is of no use without its process. */
  Optional<TarEntry.Type> archived() {
    return switch (type()) {
      case FIFO -> Optional.of(TarEntry.Type.FIFO);
      case CHARACTER_DEVICE -> Optional.of(TarEntry.Type.CHARACTER_DEVICE);
      case DIRECTORY -> Optional.of(TarEntry.Type.DIRECTORY);
      case BLOCK_DEVICE -> Optional.of(TarEntry.Type.BLOCK_DEVICE);
      case REGULAR -> Optional.of(TarEntry.Type.FILE);
      case SYMBOLIC_LINK -> Optional.of(TarEntry.Type.SYMBOLIC_LINK);
      default -> Optional.empty();
    };
  }

  static int type(TarEntry.Type type) {
    return switch (type) {
      case FILE, HARD_LINK -> REGULAR;
      case SYMBOLIC_LINK -> SYMBOLIC_LINK;
      case CHARACTER_DEVICE -> CHARACTER_DEVICE;
      case BLOCK_DEVICE -> BLOCK_DEVICE;
      case DIRECTORY -> DIRECTORY;
      case FIFO -> FIFO;
    };
  }
}
