package dev.abode.engine.filesystem;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The attribute {@code security.capability}, {@code struct vfs_ns_cap_data} of linux/capability.h.
 * Its third form names, by its id outside, the root user of the namespace it is valid in; archives
 * carry the second form, which is valid for whoever is root where it is unpacked.
 */
final class FileCapabilities {
  static final String NAME = "security.capability";
  private static final int SECOND_BYTES = 20;
  private static final int THIRD_BYTES = 24;
  private static final int REVISION_MASK = 0xFF00_0000;
  private static final int SECOND = 0x0200_0000;
  private static final int THIRD = 0x0300_0000;

  private FileCapabilities() {}

  /** The value as an archive carries it, of a file seen from outside the namespace. */
  static byte[] toInside(String name, byte[] value, IdMapping ids) {
    if (!name.equals(NAME) || value.length != THIRD_BYTES) {
      return value;
    }
    ByteBuffer data = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    int magic = data.getInt(0);
    long rootOutside = Integer.toUnsignedLong(data.getInt(SECOND_BYTES));
    if ((magic & REVISION_MASK) != THIRD || ids.uidInside(rootOutside) != 0) {
      return value;
    }
    byte[] second = Arrays.copyOf(value, SECOND_BYTES);
    ByteBuffer.wrap(second)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0, (magic & ~REVISION_MASK) | SECOND);
    return second;
  }

  /** The value to set from outside so that it is valid in the namespace. */
  static byte[] toOutside(String name, byte[] value, IdMapping ids) {
    boolean mapped = !ids.equals(IdMapping.SAME);
    if (!mapped || !name.equals(NAME) || value.length != SECOND_BYTES) {
      return value;
    }
    byte[] third = Arrays.copyOf(value, THIRD_BYTES);
    ByteBuffer data = ByteBuffer.wrap(third).order(ByteOrder.LITTLE_ENDIAN);
    data.putInt(0, (data.getInt(0) & ~REVISION_MASK) | THIRD);
    data.putInt(SECOND_BYTES, (int) ids.uidOutside(0).orElse(0));
    return third;
  }
}
