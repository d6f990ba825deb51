package dev.abode.image;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;

/**
 * How a stream is packed, judged by its first bytes: media types and file names are claims of
 * whoever made the image.
 */
enum Compression {
  NONE,
  GZIP,
  ZSTD;

  private static final int MAGIC_BYTES = 6;
  private static final byte[] BZIP2 = {'B', 'Z', 'h'};
  private static final byte[] XZ = {(byte) 0xfd, '7', 'z', 'X', 'Z', 0};

  /** A stream that was looked at, and how it is packed. */
  record Detected(Compression compression, InputStream raw) {
    /** The unpacked content. */
    InputStream unpacked() throws IOException {
      return switch (compression) {
        case NONE -> raw;
        case GZIP -> new GZIPInputStream(new Eager(raw), 64 * 1024);
        case ZSTD -> new ZstdInputStreamNoFinalizer(raw);
      };
    }
  }

  /**
   * The unpacked content of a stream whose length nobody knows: it may unpack to as much as {@code
   * limits} allow for what has come of it, and to {@code room} bytes at most.
   */
  static InputStream unpack(InputStream stream, UnpackLimits limits, long room) throws IOException {
    AtomicLong came = new AtomicLong();
    Detected detected = detect(new LayerFolder.Counting(stream, came::set));
    return new BoundedInput(detected.unpacked(), () -> Math.min(limits.bytesFor(came.get()), room));
  }

  /**
   * Looks at the beginning of {@code stream}.
   *
   * @throws ImageException of kind UNSUPPORTED for bzip2 and xz
   */
  static Detected detect(InputStream stream) throws IOException {
    PushbackInputStream raw = new PushbackInputStream(stream, MAGIC_BYTES);
    byte[] magic = raw.readNBytes(MAGIC_BYTES);
    raw.unread(magic);
    if (starts(magic, BZIP2) || starts(magic, XZ)) {
      throw new ImageException(
          ImageException.Kind.UNSUPPORTED,
          "the archive is compressed with "
              + (starts(magic, XZ) ? "xz" : "bzip2")
              + ", which is not read here; compress it with gzip or zstd, or not at all");
    }
    return new Detected(of(magic), raw);
  }

  private static Compression of(byte[] magic) {
    if (magic.length >= 3 && magic[0] == 0x1f && (magic[1] & 0xff) == 0x8b && magic[2] == 8) {
      return GZIP;
    }
    boolean zstd =
        magic.length >= 4
            && (magic[1] & 0xff) == 0xb5
            && magic[2] == 0x2f
            && (magic[3] & 0xff) == 0xfd
            && magic[0] == 0x28;
    // A zstd stream may begin with a skippable frame, magic 0x184D2A50 to 5F.
    boolean skippable =
        magic.length >= 4
            && (magic[0] & 0xf0) == 0x50
            && magic[1] == 0x2a
            && magic[2] == 0x4d
            && magic[3] == 0x18;
    return zstd || skippable ? ZSTD : NONE;
  }

  private static boolean starts(byte[] bytes, byte[] prefix) {
    return bytes.length >= prefix.length
        && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
  }

  /** What a damaged or cut compressed stream throws, told from failures of the disk. */
  static boolean isDamage(IOException e) {
    return e instanceof EOFException
        || e instanceof java.util.zip.ZipException
        || e instanceof com.github.luben.zstd.ZstdIOException;
  }

  /**
   * The JDK's gzip reader goes on to a second member only if {@code available()} says there is
   * more, which a stream from a network may deny between two packets. This one looks.
   */
  private static final class Eager extends FilterInputStream {
    Eager(InputStream in) {
      super(new PushbackInputStream(in, 1));
    }

    @Override
    public int available() throws IOException {
      int next = in.read();
      if (next < 0) {
        return 0;
      }
      ((PushbackInputStream) in).unread(next);
      return Math.max(1, in.available());
    }
  }
}
