package dev.abode.image.tar;

import dev.abode.linux.FileTreeNames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a tar to a stream, entry by entry: ustar, with a pax header (POSIX.1-2008 "pax Interchange
 * Format") in front of an entry that needs one, for example for a long name, a time below the
 * second, an extended attribute or holes (GNU's sparse form 1.0). Not safe for several threads.
 */
public final class TarWriter {
  private static final int BLOCK = TarReader.BLOCK;

  /** Tars are read in records of twenty blocks, and some readers insist. */
  private static final int RECORD = 20 * BLOCK;

  private static final long MAX_OCTAL_7 = 07777777;
  private static final long MAX_OCTAL_11 = 077777777777L;

  private final OutputStream out;
  private final byte[] buffer = new byte[64 * 1024];
  private long written;

  public TarWriter(OutputStream out) {
    this.out = out;
  }

  /**
   * Writes one entry.
   *
   * @param content {@link TarEntry#storedBytes} bytes, the extents one after the other; more are
   *     left unread
   * @throws IOException when {@code content} has fewer; the archive is then of no use
   */
  public void write(TarEntry entry, InputStream content) throws IOException {
    Map<String, byte[]> pax = new TreeMap<>();
    byte[] header = new byte[BLOCK];
    String name = entry.name();
    if (entry.type() == TarEntry.Type.DIRECTORY && !name.endsWith("/")) {
      name += "/";
    }
    byte[] map = new byte[0];
    if (isSparse(entry)) {
      map = sparseMap(entry);
      pax.put("GNU.sparse.major", ascii("1"));
      pax.put("GNU.sparse.minor", ascii("0"));
      pax.put("GNU.sparse.name", FileTreeNames.encode(name));
      pax.put("GNU.sparse.realsize", ascii(Long.toString(entry.sizeBytes())));
    }
    long stored = entry.storedBytes() + map.length;
    text(header, 0, 100, name, "path", pax);
    number(header, 100, entry.permissions(), MAX_OCTAL_7, "mode", pax);
    number(header, 108, entry.uid(), MAX_OCTAL_7, "uid", pax);
    number(header, 116, entry.gid(), MAX_OCTAL_7, "gid", pax);
    octal(header, 124, 11, Math.min(stored, MAX_OCTAL_11));
    if (stored > MAX_OCTAL_11) {
      pax.put("size", ascii(Long.toString(stored)));
    }
    time(header, entry.modified(), pax);
    header[156] = (byte) entry.type().flag;
    text(header, 157, 100, entry.linkTarget(), "linkpath", pax);
    magic(header);
    octal(header, 329, 7, entry.deviceMajor());
    octal(header, 337, 7, entry.deviceMinor());
    entry.accessed().ifPresent(time -> pax.put("atime", ascii(decimal(time))));
    for (Map.Entry<String, byte[]> attribute : entry.attributes().entrySet()) {
      pax.put("SCHILY.xattr." + attribute.getKey(), attribute.getValue());
    }
    if (!pax.isEmpty()) {
      paxHeader(pax);
    }
    checksum(header);
    put(header, header.length);
    put(map, map.length);
    copy(entry, content);
    pad(stored);
  }

  /** Writes the end marker and flushes; the stream stays open. */
  public void finish() throws IOException {
    byte[] zeros = new byte[RECORD];
    put(zeros, 2 * BLOCK);
    put(zeros, (int) ((RECORD - written % RECORD) % RECORD));
    out.flush();
  }

  private static boolean isSparse(TarEntry entry) {
    return entry.type() == TarEntry.Type.FILE && entry.storedBytes() < entry.sizeBytes();
  }

  /** Decimal lines: how many extents, then where each begins and how long it is. */
  private static byte[] sparseMap(TarEntry entry) {
    StringBuilder lines = new StringBuilder();
    long end = 0;
    for (TarEntry.Extent extent : entry.extents()) {
      lines.append(extent.offsetBytes()).append('\n').append(extent.lengthBytes()).append('\n');
      end = extent.offsetBytes() + extent.lengthBytes();
    }
    int count = entry.extents().size();
    if (end < entry.sizeBytes()) {
      // GNU tar takes the end of the last extent for the end of the file.
      lines.append(entry.sizeBytes()).append("\n0\n");
      count++;
    }
    byte[] map = ascii(count + "\n" + lines);
    return Arrays.copyOf(map, (map.length + BLOCK - 1) / BLOCK * BLOCK);
  }

  private void copy(TarEntry entry, InputStream content) throws IOException {
    long left = entry.storedBytes();
    while (left > 0) {
      int count = content.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (count <= 0) {
        throw new IOException(
            "the content of an entry ended " + left + " bytes before what its header says");
      }
      put(buffer, count);
      left -= count;
    }
  }

  private void paxHeader(Map<String, byte[]> pax) throws IOException {
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    for (Map.Entry<String, byte[]> record : pax.entrySet()) {
      byte[] key = FileTreeNames.encode(record.getKey());
      // The length counts its own digits.
      int rest = key.length + record.getValue().length + 3;
      int length = rest + Integer.toString(rest).length();
      length = rest + Integer.toString(length).length();
      records.writeBytes(ascii(length + " "));
      records.writeBytes(key);
      records.write('=');
      records.writeBytes(record.getValue());
      records.write('\n');
    }
    byte[] header = new byte[BLOCK];
    byte[] name = ascii("PaxHeader");
    System.arraycopy(name, 0, header, 0, name.length);
    octal(header, 100, 7, 0644);
    octal(header, 108, 7, 0);
    octal(header, 116, 7, 0);
    octal(header, 124, 11, records.size());
    octal(header, 136, 11, 0);
    header[156] = 'x';
    magic(header);
    checksum(header);
    put(header, header.length);
    put(records.toByteArray(), records.size());
    pad(records.size());
  }

  private static void text(
      byte[] header, int at, int length, String text, String key, Map<String, byte[]> pax) {
    byte[] bytes = FileTreeNames.encode(text);
    boolean ascii = true;
    for (byte b : bytes) {
      ascii &= b > 0;
    }
    System.arraycopy(bytes, 0, header, at, Math.min(bytes.length, length));
    if (bytes.length > length || !ascii) {
      pax.put(key, bytes);
    }
  }

  private static void number(
      byte[] header, int at, long value, long max, String key, Map<String, byte[]> pax) {
    octal(header, at, 7, Math.min(value, max));
    if (value > max) {
      pax.put(key, ascii(Long.toString(value)));
    }
  }

  private static void time(byte[] header, Instant time, Map<String, byte[]> pax) {
    long seconds = time.getEpochSecond();
    octal(header, 136, 11, Math.clamp(seconds, 0, MAX_OCTAL_11));
    if (seconds < 0 || seconds > MAX_OCTAL_11 || time.getNano() != 0) {
      pax.put("mtime", ascii(decimal(time)));
    }
  }

  private static String decimal(Instant time) {
    return BigDecimal.valueOf(time.getEpochSecond())
        .add(BigDecimal.valueOf(time.getNano(), 9))
        .stripTrailingZeros()
        .toPlainString();
  }

  private static void octal(byte[] header, int at, int digits, long value) {
    String text = Long.toOctalString(value);
    byte[] field = ascii("0".repeat(Math.max(0, digits - text.length())) + text);
    System.arraycopy(field, 0, header, at, digits);
  }

  private static void magic(byte[] header) {
    byte[] magic = ascii("ustar\00000");
    System.arraycopy(magic, 0, header, 257, magic.length);
  }

  /** The sum of all bytes of the header, its own eight taken as blanks. */
  private static void checksum(byte[] header) {
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    octal(header, 148, 6, sum);
    header[154] = 0;
  }

  private void pad(long length) throws IOException {
    put(new byte[BLOCK], (int) ((BLOCK - length % BLOCK) % BLOCK));
  }

  private void put(byte[] bytes, int length) throws IOException {
    out.write(bytes, 0, length);
    written += length;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
