package dev.abode.image.tar;

import dev.abode.image.tar.TarException.Reason;
import dev.abode.linux.FileTreeNames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads a tar from a stream, entry by entry: {@link #next}, then that entry's {@link #content},
 * which may be left unread.
 *
 * <p>Understands v7, ustar, pax (POSIX.1-2008 "pax Interchange Format", with {@code
 * SCHILY.xattr.*}), and GNU's long names ({@code L}, {@code K}), base-256 numbers and sparse files
 * (old, pax 0.0, 0.1, 1.0). Stops at the end marker or, as other readers do, at a clean end of the
 * stream; what follows the marker is not read. Not safe for several threads.
 */
public final class TarReader {
  static final int BLOCK = 512;

  private final InputStream in;
  private final TarLimits limits;
  private final PaxRecords global = new PaxRecords();
  private long entries;

  /** Data of the current entry still in the stream, and the padding behind it. */
  private long left;

  private long padding;

  /** Blocks of a sparse map in front of the data of the current entry (pax 1.0). */
  private long dataLeft;

  public TarReader(InputStream in, TarLimits limits) {
    this.in = in;
    this.limits = limits;
  }

  /**
   * The next entry; empty at the end.
   *
   * @throws TarException when the archive is damaged, cut short or beyond a limit
   */
  public Optional<TarEntry> next() throws IOException {
    skip(left + padding);
    left = 0;
    padding = 0;
    dataLeft = 0;
    PaxRecords pax = new PaxRecords();
    pax.complete(global);
    Optional<String> longName = Optional.empty();
    Optional<String> longLink = Optional.empty();
    int headerBytes = 0;
    while (true) {
      Optional<byte[]> block = headerBlock();
      if (block.isEmpty()) {
        return Optional.empty();
      }
      byte[] header = block.get();
      char type = (char) (header[156] & 0xff);
      long size = TarFields.number(header, 124, 12, "size");
      if (size < 0) {
        throw TarException.malformed("an entry of negative size");
      }
      switch (type) {
        case 'x', 'X', 'g', 'L', 'K' -> {
          headerBytes = Math.addExact(headerBytes, headerSize(size, headerBytes));
          byte[] content = exactly((int) size);
          skipFully(paddingOf(size));
          switch (type) {
            case 'g' -> global.read(content);
            case 'L' -> longName = Optional.of(TarFields.text(content));
            case 'K' -> longLink = Optional.of(TarFields.text(content));
            default -> pax.read(content);
          }
          if (type == 'g') {
            pax.complete(global);
          }
        }
        default -> {
          if (++entries > limits.entries()) {
            throw limit("more than " + limits.entries() + " entries");
          }
          return Optional.of(entry(header, type, size, pax, longName, longLink));
        }
      }
    }
  }

  private int headerSize(long size, int before) throws TarException {
    if (size + before > limits.headerBytes()) {
      throw limit("more than " + limits.headerBytes() + " bytes of headers for one entry");
    }
    return (int) size;
  }

  /**
   * The data of the entry {@link #next} gave last: its extents one after the other, without holes.
   * Ends with the entry; fails when the archive ends before.
   */
  public InputStream content() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
          return 0;
        }
        if (dataLeft == 0) {
          return -1;
        }
        int count = in.read(bytes, offset, (int) Math.min(length, dataLeft));
        if (count < 0) {
          throw cutShort();
        }
        dataLeft -= count;
        left -= count;
        return count;
      }
    };
  }

  private TarEntry entry(
      byte[] header,
      char flag,
      long headerSize,
      PaxRecords pax,
      Optional<String> longName,
      Optional<String> longLink)
      throws IOException {
    boolean gnu = header[257 + 5] == ' ';
    boolean ustar = new String(header, 257, 5, StandardCharsets.US_ASCII).equals("ustar");
    String name = longName.orElse(TarFields.field(header, 0, 100));
    if (longName.isEmpty() && ustar && !gnu) {
      String prefix = TarFields.field(header, 345, 155);
      name = prefix.isEmpty() ? name : prefix + "/" + name;
    }
    if (pax.has("path")) {
      name = pax.text("path");
    }
    if (pax.has("GNU.sparse.name")) {
      name = pax.text("GNU.sparse.name");
    }
    String target = longLink.orElse(TarFields.field(header, 157, 100));
    if (pax.has("linkpath")) {
      target = pax.text("linkpath");
    }
    name = path(name);
    target = path(target);
    TarEntry.Type type = type(flag, name);
    long stored = pax.has("size") ? pax.decimal("size") : headerSize;
    if (type != TarEntry.Type.FILE) {
      // Some writers repeat the target's size in a hard link's header without any data behind it;
      // POSIX has the data of links only in the pax form, which no image writer uses.
      stored = 0;
    }
    left = stored;
    padding = paddingOf(stored);
    long size = stored;
    List<TarEntry.Extent> extents = List.of(new TarEntry.Extent(0, stored));
    if (type == TarEntry.Type.FILE && flag == 'S') {
      size = TarFields.number(header, 483, 12, "real size");
      extents = oldSparse(header);
    } else if (type == TarEntry.Type.FILE && pax.has("GNU.sparse.major")) {
      size = pax.decimal("GNU.sparse.realsize");
      extents = sparse10();
    } else if (type == TarEntry.Type.FILE && pax.has("GNU.sparse.map")) {
      size = pax.decimal("GNU.sparse.size");
      extents = pairs(List.of(pax.text("GNU.sparse.map").split(",")));
    } else if (type == TarEntry.Type.FILE && pax.has("GNU.sparse.numblocks")) {
      size = pax.decimal("GNU.sparse.size");
      extents = pairs(pax.sparse00());
    }
    dataLeft = left;
    checkExtents(extents, size, name);
    return new TarEntry(
        name,
        type,
        type == TarEntry.Type.HARD_LINK || type == TarEntry.Type.SYMBOLIC_LINK ? target : "",
        (int) TarFields.number(header, 100, 8, "mode") & 07777,
        pax.has("uid") ? pax.decimal("uid") : TarFields.number(header, 108, 8, "uid"),
        pax.has("gid") ? pax.decimal("gid") : TarFields.number(header, 116, 8, "gid"),
        type == TarEntry.Type.FILE ? size : 0,
        type == TarEntry.Type.FILE ? extents : List.of(),
        pax.has("mtime")
            ? pax.time("mtime")
            : TarFields.instant(TarFields.number(header, 136, 12, "time"), 0, "time"),
        pax.has("atime") ? Optional.of(pax.time("atime")) : Optional.empty(),
        device(type) ? TarFields.number(header, 329, 8, "device") : 0,
        device(type) ? TarFields.number(header, 337, 8, "device") : 0,
        pax.attributes());
  }

  private static boolean device(TarEntry.Type type) {
    return type == TarEntry.Type.CHARACTER_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
  }

  private static TarEntry.Type type(char flag, String name) throws TarException {
    return switch (flag) {
      // v7 tar had no flag for folders, only the slash.
      case '0', '\0', '7', 'S' ->
          name.endsWith("/") && flag != 'S' ? TarEntry.Type.DIRECTORY : TarEntry.Type.FILE;
      case '1' -> TarEntry.Type.HARD_LINK;
      case '2' -> TarEntry.Type.SYMBOLIC_LINK;
      case '3' -> TarEntry.Type.CHARACTER_DEVICE;
      case '4' -> TarEntry.Type.BLOCK_DEVICE;
      case '5' -> TarEntry.Type.DIRECTORY;
      case '6' -> TarEntry.Type.FIFO;
      default -> throw TarException.malformed("an entry of unknown type '" + printable(flag) + "'");
    };
  }

  private static char printable(char flag) {
    return flag > ' ' && flag < 0x7f ? flag : '?';
  }

  /** GNU's old form: four pairs in the header, more in blocks that follow it. */
  private List<TarEntry.Extent> oldSparse(byte[] header) throws IOException {
    List<TarEntry.Extent> extents = new ArrayList<>();
    boolean more = sparsePairs(header, 386, 4, extents) && header[482] != 0;
    while (more) {
      byte[] block = exactly(BLOCK);
      countExtents(extents.size());
      more = sparsePairs(block, 0, 21, extents) && block[504] != 0;
    }
    return extents;
  }

  private static boolean sparsePairs(
      byte[] block, int start, int count, List<TarEntry.Extent> extents) throws TarException {
    for (int i = 0; i < count; i++) {
      int at = start + i * 24;
      if (block[at] == 0 && block[at + 12] == 0) {
        return false;
      }
      extents.add(
          new TarEntry.Extent(
              TarFields.number(block, at, 12, "sparse offset"),
              TarFields.number(block, at + 12, 12, "sparse length")));
    }
    return true;
  }

  /** pax 1.0: the map is decimal lines in front of the data, filled up to a block. */
  private List<TarEntry.Extent> sparse10() throws IOException {
    long[] consumed = {0};
    long count = line(consumed);
    countExtents(count);
    List<TarEntry.Extent> extents = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      long offset = line(consumed);
      extents.add(new TarEntry.Extent(offset, line(consumed)));
    }
    long fill = paddingOf(consumed[0]);
    if (fill > left) {
      throw TarException.malformed("a sparse map longer than its entry");
    }
    skipFully(fill);
    left -= fill;
    return extents;
  }

  private long line(long[] consumed) throws IOException {
    StringBuilder digits = new StringBuilder();
    while (true) {
      if (left <= 0) {
        throw TarException.malformed("a sparse map longer than its entry");
      }
      int c = in.read();
      if (c < 0) {
        throw cutShort();
      }
      left--;
      consumed[0]++;
      if (c == '\n') {
        return TarFields.decimal(digits.toString(), "sparse map");
      }
      if (digits.length() > 20) {
        throw TarException.malformed("a sparse map that is not made of numbers");
      }
      digits.append((char) c);
    }
  }

  private static List<TarEntry.Extent> pairs(List<String> numbers) throws TarException {
    if (numbers.size() == 1 && numbers.getFirst().isEmpty()) {
      return List.of();
    }
    if (numbers.size() % 2 != 0) {
      throw TarException.malformed("a sparse map with an offset that has no length");
    }
    List<TarEntry.Extent> extents = new ArrayList<>();
    for (int i = 0; i < numbers.size(); i += 2) {
      extents.add(
          new TarEntry.Extent(
              TarFields.decimal(numbers.get(i), "sparse map"),
              TarFields.decimal(numbers.get(i + 1), "sparse map")));
    }
    return extents;
  }

  private void countExtents(long count) throws TarException {
    if (count > limits.headerBytes() / 8) {
      throw limit("a sparse file in " + count + " parts");
    }
  }

  private void checkExtents(List<TarEntry.Extent> extents, long size, String name)
      throws TarException {
    long end = 0;
    long sum = 0;
    for (TarEntry.Extent extent : extents) {
      boolean sane =
          extent.offsetBytes() >= end
              && extent.lengthBytes() >= 0
              && extent.lengthBytes() <= size - extent.offsetBytes();
      if (!sane) {
        throw TarException.malformed(
            "a sparse map of \"" + name + "\" that overlaps or leaves the file");
      }
      end = extent.offsetBytes() + extent.lengthBytes();
      sum += extent.lengthBytes();
    }
    if (size < 0 || sum != left) {
      throw TarException.malformed(
          "\"" + name + "\" with " + left + " bytes where its map says " + sum);
    }
  }

  /** A header block; empty at the end marker or a clean end of the stream. */
  private Optional<byte[]> headerBlock() throws IOException {
    byte[] header = in.readNBytes(BLOCK);
    if (header.length == 0) {
      return Optional.empty();
    }
    if (header.length < BLOCK) {
      throw cutShort();
    }
    boolean zero = true;
    long unsigned = 0;
    long signed = 0;
    for (int i = 0; i < BLOCK; i++) {
      zero &= header[i] == 0;
      byte b = i >= 148 && i < 156 ? (byte) ' ' : header[i];
      unsigned += b & 0xff;
      signed += b;
    }
    if (zero) {
      return Optional.empty();
    }
    long stated = TarFields.number(header, 148, 8, "checksum");
    // Old writers summed signed characters.
    if (stated != unsigned && stated != signed) {
      throw TarException.malformed(
          "a header whose checksum does not match: this is not a tar, or it is damaged");
    }
    return Optional.of(header);
  }

  private String path(String path) throws TarException {
    if (path.length() > limits.pathBytes()
        || FileTreeNames.encode(path.replace('\0', '?')).length > limits.pathBytes()) {
      throw limit("a name of more than " + limits.pathBytes() + " bytes");
    }
    if (path.indexOf('\0') >= 0) {
      throw TarException.malformed("a name with a NUL in it");
    }
    return path;
  }

  private static long paddingOf(long size) {
    return -size & (BLOCK - 1);
  }

  private byte[] exactly(int count) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(Math.min(count, 65536));
    // Grows with what really comes, not with what a header claims.
    byte[] part = new byte[Math.min(count, 65536)];
    int missing = count;
    while (missing > 0) {
      int got = in.read(part, 0, Math.min(missing, part.length));
      if (got < 0) {
        throw cutShort();
      }
      bytes.write(part, 0, got);
      missing -= got;
    }
    return bytes.toByteArray();
  }

  private void skipFully(long count) throws IOException {
    skip(count);
  }

  private void skip(long count) throws IOException {
    try {
      in.skipNBytes(count);
    } catch (java.io.EOFException e) {
      throw cutShort();
    }
  }

  private static TarException cutShort() {
    return new TarException(Reason.MALFORMED, "the archive ends in the middle of an entry");
  }

  private static TarException limit(String what) {
    return new TarException(Reason.LIMIT, "the archive holds " + what);
  }
}
