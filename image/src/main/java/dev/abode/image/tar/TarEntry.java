package dev.abode.image.tar;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One entry of a tar.
 *
 * @param name path as written, possibly hostile: absolute, with {@code ..}; bytes that are not
 *     UTF-8 are spelled as {@code dev.abode.linux.FileTreeNames} does
 * @param linkTarget of a hard or symbolic link, else ""
 * @param permissions the low twelve bits of the mode
 * @param sizeBytes of the file's content, holes included; 0 for anything but a file
 * @param extents where the content has data, in order, without overlap; one over the whole size
 *     unless the file is sparse
 * @param attributes extended attributes by full name, such as {@code security.capability}
 */
public record TarEntry(
    String name,
    Type type,
    String linkTarget,
    int permissions,
    long uid,
    long gid,
    long sizeBytes,
    List<Extent> extents,
    Instant modified,
    Optional<Instant> accessed,
    long deviceMajor,
    long deviceMinor,
    Map<String, byte[]> attributes) {

  public TarEntry {
    extents = List.copyOf(extents);
    attributes = Map.copyOf(attributes);
  }

  /** What an entry becomes. */
  public enum Type {
    FILE('0'),
    HARD_LINK('1'),
    SYMBOLIC_LINK('2'),
    CHARACTER_DEVICE('3'),
    BLOCK_DEVICE('4'),
    DIRECTORY('5'),
    FIFO('6');

    final char flag;

    Type(char flag) {
      this.flag = flag;
    }
  }

  /** A part of a file that holds data. */
  public record Extent(long offsetBytes, long lengthBytes) {}

  /** How many bytes of data follow in the archive. */
  public long storedBytes() {
    long sum = 0;
    for (Extent extent : extents) {
      sum += extent.lengthBytes();
    }
    return sum;
  }
}
