package dev.abode.engine.guest;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.abode.engine.tool.Tool;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * Takes the kernel proper, an ELF file, out of the self-extracting image that distributions ship
 * (Documentation/arch/x86/boot.rst). A hypervisor that emulates a processor takes most of a second
 * to run the extraction; doing it once here spares every boot that time.
 */
final class KernelImage {
  private static final int ELF_MAGIC = 0x464C457F;
  private static final int HEADER_MAGIC = 0x53726448; // "HdrS"
  private static final int HEADER_MAGIC_AT = 0x202;
  private static final int VERSION_AT = 0x206;
  private static final int SETUP_SECTORS_AT = 0x1F1;
  private static final int PAYLOAD_OFFSET_AT = 0x248;
  private static final int PAYLOAD_LENGTH_AT = 0x24C;
  private static final int VERSION_WITH_PAYLOAD = 0x0208;
  private static final int SECTOR_BYTES = 512;

  /** The build appends the unpacked size to every format that does not carry it itself. */
  private static final int SIZE_BYTES = 4;

  private static final int GZIP_MAGIC = 0x8B1F;
  private static final int ZSTD_MAGIC = 0xFD2FB528;
  private static final int XZ_MAGIC = 0x587A37FD;

  private KernelImage() {}

  /**
   * Writes the ELF file in {@code image} to {@code vmlinux}. An image that is an ELF file already
   * is copied.
   *
   * @throws IOException when it is neither, or packed in a way that is not known here
   */
  static void unpack(Path image, Path vmlinux) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(image)).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.limit() > 4 && bytes.getInt(0) == ELF_MAGIC) {
      Files.copy(image, vmlinux, StandardCopyOption.REPLACE_EXISTING);
      return;
    }
    try (OutputStream to = Files.newOutputStream(vmlinux)) {
      unpackPayload(payload(bytes, image), vmlinux, to);
    }
    try (InputStream written = Files.newInputStream(vmlinux)) {
      byte[] magic = written.readNBytes(4);
      if (magic.length < 4 || littleEndian(magic).getInt(0) != ELF_MAGIC) {
        throw new IOException("what is packed in " + image + " is no ELF file");
      }
    }
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer payload(ByteBuffer image, Path file) throws IOException {
    if (image.limit() < PAYLOAD_LENGTH_AT + 4
        || image.getInt(HEADER_MAGIC_AT) != HEADER_MAGIC
        || Short.toUnsignedInt(image.getShort(VERSION_AT)) < VERSION_WITH_PAYLOAD) {
      throw new IOException(file + " is neither a bzImage nor an ELF file");
    }
    int sectors = Byte.toUnsignedInt(image.get(SETUP_SECTORS_AT));
    long start =
        (sectors + 1L) * SECTOR_BYTES + Integer.toUnsignedLong(image.getInt(PAYLOAD_OFFSET_AT));
    long length = Integer.toUnsignedLong(image.getInt(PAYLOAD_LENGTH_AT));
    if (length <= SIZE_BYTES || start + length > image.limit()) {
      throw new IOException(file + " is cut short");
    }
    return image.slice((int) start, (int) length).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void unpackPayload(ByteBuffer payload, Path vmlinux, OutputStream to)
      throws IOException {
    ByteBuffer packed = payload.slice(0, payload.limit() - SIZE_BYTES);
    int magic = payload.getInt(0);
    if (magic == Lz4Frames.MAGIC) {
      Lz4Frames.unpack(packed, to);
    } else if (magic == ZSTD_MAGIC) {
      try (InputStream in = new ZstdInputStreamNoFinalizer(stream(packed))) {
        in.transferTo(to);
      }
    } else if ((magic & 0xFFFF) == GZIP_MAGIC) {
      try (InputStream in = new GZIPInputStream(stream(payload))) {
        in.transferTo(to);
      }
    } else if (magic == XZ_MAGIC) {
      Xz.unpack(stream(packed), vmlinux.resolveSibling(vmlinux.getFileName() + ".xz"), to);
    } else {
      throw new IOException(
          "a kernel packed with the format of magic number 0x"
              + Integer.toHexString(magic)
              + " cannot be unpacked here; use one packed with gzip, xz, lz4 or zstd, or its"
              + " vmlinux");
    }
  }

  private static InputStream stream(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return new ByteArrayInputStream(copy);
  }

  /** The JDK reads no xz; the host's package tools depend on one that does. */
  static final class Xz {
    private static final Tool XZ = new Tool("xz", "xz-utils");

    private Xz() {}

    /**
     * @param scratch a file to use meanwhile, with a name that ends with {@code .xz}
     */
    static void unpack(InputStream packed, Path scratch, OutputStream to) throws IOException {
      String name = scratch.toString();
      Path unpacked = Path.of(name.substring(0, name.length() - ".xz".length()) + ".unpacked");
      Path source = Path.of(unpacked + ".xz");
      try {
        Files.copy(packed, source, StandardCopyOption.REPLACE_EXISTING);
        XZ.run(
            "unpack a part of the guest's kernel",
            List.of("--decompress", "--force", "--single-stream", source.toString()));
        Files.copy(unpacked, to);
      } finally {
        Files.deleteIfExists(source);
        Files.deleteIfExists(unpacked);
      }
    }
  }
}
