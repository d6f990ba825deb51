package dev.abode.engine.filesystem;

import dev.abode.image.tar.TarEntry;
import dev.abode.linux.FileTreeNames;
import dev.abode.linux.FileTreeStatus.Device;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What crosses between the engine and the server of files in a guest, which is {@code tree.h}. The
 * two files are read side by side when either changes. What comes from a guest is read with
 * suspicion: whatever cannot be is an {@link IOException}.
 */
final class TreeWire {
  /** The type of a message. */
  enum Type {
    LOOK,
    SEND,
    PUT,
    CONTENT,
    TIMES,
    FINISH,
    ENTRY,
    FAILED,
    END;

    static Type of(int wire) throws IOException {
      if (wire < 1 || wire > values().length) {
        throw damaged("a message of type " + wire);
      }
      return values()[wire - 1];
    }

    int wire() {
      return ordinal() + 1;
    }
  }

  /** Flags of SEND. */
  static final int ROOT_MOUNT = 1;

  static final int CONTENT_TOO = 2;

  /** Bits of {@link GuestNode#place}. */
  static final int ON_ROOT_MOUNT = 1;

  static final int OF_KERNEL = 2;
  static final int READ_ONLY = 4;

  /** A flag of PUT. */
  static final int KEEP_TYPES = 1;

  static final int HEADER_BYTES = 8;
  static final int MAX_MESSAGE_BYTES = 256 << 10;
  static final int MAX_ATTRIBUTES_BYTES = 128 << 10;
  private static final int ENTRY_BYTES = 96;
  private static final int MAX_PATH_BYTES = 4096;

  /** No file system of Linux has larger files, and no clock tells a later time. */
  private static final long MAX_FILE_BYTES = 1L << 60;

  private static final long MAX_SECONDS = 1L << 40;
  private static final int NANOS = 1_000_000_000;

  private TreeWire() {}

  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static IOException damaged(String what) {
    return new IOException("the guest sends what no agent of ours would: " + what);
  }

  // ---- from a guest

  static GuestNode entry(ByteBuffer message) throws IOException {
    if (message.remaining() < ENTRY_BYTES) {
      throw damaged("an entry of " + message.remaining() + " bytes");
    }
    int mode = message.getInt();
    long uid = Integer.toUnsignedLong(message.getInt());
    long gid = Integer.toUnsignedLong(message.getInt());
    long links = Integer.toUnsignedLong(message.getInt());
    long size = message.getLong();
    long inode = message.getLong();
    long device = message.getLong();
    Device represents =
        new Device(
            Integer.toUnsignedLong(message.getInt()), Integer.toUnsignedLong(message.getInt()));
    long modified = message.getLong();
    long accessed = message.getLong();
    Instant modifiedAt = time(modified, message.getInt());
    Instant accessedAt = time(accessed, message.getInt());
    int place = message.getInt();
    message.getInt(); // flags, of a PUT
    int nameSize = message.getInt();
    int linkSize = message.getInt();
    int attributesSize = message.getInt();
    int extentCount = message.getInt();
    if (size < 0 || size > MAX_FILE_BYTES) {
      throw damaged("a file of " + size + " bytes");
    }
    String name = text(message, nameSize);
    String link = text(message, linkSize);
    Map<String, byte[]> attributes = attributes(part(message, attributesSize));
    List<TarEntry.Extent> extents = extents(message, extentCount, size);
    return new GuestNode(
        relative(name),
        mode,
        uid,
        gid,
        links,
        size,
        inode,
        new Device(device >>> 32, device & 0xFFFF_FFFFL),
        represents,
        modifiedAt,
        accessedAt,
        place,
        link,
        attributes,
        extents);
  }

  private static Instant time(long seconds, int nanos) throws IOException {
    if (Math.abs(seconds) > MAX_SECONDS || nanos < 0 || nanos >= NANOS) {
      throw damaged("a time of " + seconds + " seconds");
    }
    return Instant.ofEpochSecond(seconds, nanos);
  }

  private static ByteBuffer part(ByteBuffer message, int size) throws IOException {
    if (size < 0 || size > message.remaining()) {
      throw damaged("a part of " + size + " bytes");
    }
    ByteBuffer part = message.slice(message.position(), size).order(ByteOrder.LITTLE_ENDIAN);
    message.position(message.position() + size);
    return part;
  }

  /** A string with its terminator, and no other NUL. */
  private static String text(ByteBuffer message, int size) throws IOException {
    if (size < 1 || size > MAX_PATH_BYTES) {
      throw damaged("a name of " + size + " bytes");
    }
    byte[] bytes = new byte[size];
    part(message, size).get(bytes);
    for (int i = 0; i < size; i++) {
      if ((bytes[i] == 0) != (i == size - 1)) {
        throw damaged("a name with a NUL in it");
      }
    }
    return FileTreeNames.decode(Arrays.copyOf(bytes, size - 1));
  }

  /** A name that stays below what was asked for. */
  private static String relative(String name) throws IOException {
    if (name.isEmpty()) {
      return name;
    }
    for (String component : name.split("/", -1)) {
      if (component.isEmpty() || component.equals(".") || component.equals("..")) {
        throw damaged("a file called \"" + name + "\"");
      }
    }
    return name;
  }

  private static Map<String, byte[]> attributes(ByteBuffer from) throws IOException {
    Map<String, byte[]> attributes = new HashMap<>();
    while (from.hasRemaining()) {
      if (from.remaining() < 2 * Integer.BYTES) {
        throw damaged("half an attribute");
      }
      int nameSize = from.getInt();
      int valueSize = from.getInt();
      String name = text(from, nameSize);
      byte[] value = new byte[part(from, valueSize).remaining()];
      from.get(from.position() - value.length, value);
      attributes.put(name, value);
    }
    return attributes;
  }

  private static List<TarEntry.Extent> extents(ByteBuffer from, int count, long size)
      throws IOException {
    if (count < 0 || from.remaining() != (long) count * 2 * Long.BYTES) {
      throw damaged(count + " extents in " + from.remaining() + " bytes");
    }
    List<TarEntry.Extent> extents = new ArrayList<>();
    long end = 0;
    while (from.hasRemaining()) {
      long offset = from.getLong();
      long length = from.getLong();
      if (offset < end || length < 1 || offset > size || length > size - offset) {
        throw damaged("an extent of " + length + " bytes at " + offset);
      }
      end = offset + length;
      extents.add(new TarEntry.Extent(offset, length));
    }
    return extents;
  }

  // ---- to a guest

  static ByteBuffer path(String path) {
    return ByteBuffer.wrap(FileTreeNames.encode(path));
  }

  static ByteBuffer send(String path, int flags) {
    byte[] bytes = FileTreeNames.encode(path);
    return buffer(Integer.BYTES + bytes.length).putInt(flags).put(bytes).flip();
  }

  static ByteBuffer content(long offset, byte[] bytes, int count) {
    return buffer(Long.BYTES + count).putLong(offset).put(bytes, 0, count).flip();
  }

  /**
   * An entry to put.
   *
   * @param path below the root
   * @param link what a symbolic link says, or the path of the file that a hard link is to be
   */
  static ByteBuffer put(
      String path, TarEntry entry, long uid, long gid, String link, boolean keepTypes) {
    byte[] attributes = attributes(entry.attributes());
    Instant modified = entry.modified();
    Instant accessed = entry.accessed().orElse(modified);
    return strings(
        header()
            .putInt(GuestNode.type(entry.type()) | entry.permissions())
            .putInt((int) uid)
            .putInt((int) gid)
            .putInt(1)
            .putLong(entry.sizeBytes())
            .putLong(0)
            .putLong(0)
            .putInt((int) entry.deviceMajor())
            .putInt((int) entry.deviceMinor())
            .putLong(modified.getEpochSecond())
            .putLong(accessed.getEpochSecond())
            .putInt(modified.getNano())
            .putInt(accessed.getNano())
            .putInt(0)
            .putInt(keepTypes ? KEEP_TYPES : 0),
        path,
        link,
        attributes);
  }

  static ByteBuffer times(String folder, Instant modified) {
    return strings(
        header()
            .position(48)
            .putLong(modified.getEpochSecond())
            .putLong(modified.getEpochSecond())
            .putInt(modified.getNano())
            .putInt(modified.getNano())
            .putInt(0)
            .putInt(0),
        folder,
        "",
        new byte[0]);
  }

  private static ByteBuffer header() {
    return buffer(ENTRY_BYTES);
  }

  private static ByteBuffer strings(
      ByteBuffer header, String path, String link, byte[] attributes) {
    byte[] name = FileTreeNames.encode(path);
    byte[] target = FileTreeNames.encode(link);
    header.putInt(name.length + 1).putInt(target.length + 1).putInt(attributes.length).putInt(0);
    return buffer(ENTRY_BYTES + name.length + target.length + 2 + attributes.length)
        .put(header.flip())
        .put(name)
        .put((byte) 0)
        .put(target)
        .put((byte) 0)
        .put(attributes)
        .flip();
  }

  private static byte[] attributes(Map<String, byte[]> attributes) {
    int size = 0;
    List<byte[]> names = new ArrayList<>();
    List<byte[]> values = new ArrayList<>();
    for (Map.Entry<String, byte[]> attribute : attributes.entrySet()) {
      // Attributes that overlayfs obeys could make one folder show another's content.
      if (!attribute.getKey().startsWith("trusted.")) {
        byte[] name = FileTreeNames.encode(attribute.getKey());
        names.add(name);
        values.add(attribute.getValue());
        size += 2 * Integer.BYTES + name.length + 1 + attribute.getValue().length;
      }
    }
    byte[] all = new byte[size];
    ByteBuffer into = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < names.size(); i++) {
      into.putInt(names.get(i).length + 1).putInt(values.get(i).length);
      into.put(names.get(i)).put((byte) 0).put(values.get(i));
    }
    return all;
  }
}
