package dev.abode.engine.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Writes what a kernel unpacks into its first root: the "newc" form of cpio
 * (Documentation/driver-api/early-userspace/buffer-format.rst). Everything belongs to root and has
 * the time 0, so that equal contents make equal archives.
 */
final class CpioArchive {
  private static final int DIRECTORY = 0040000;
  private static final int FILE = 0100000;
  private static final int CHARACTER_DEVICE = 0020000;
  private static final int ALIGNMENT = 4;

  private final OutputStream to;
  private long written = 0;
  private int inode = 1;

  CpioArchive(OutputStream to) {
    this.to = to;
  }

  /** A directory; those above it must have been written before. */
  void directory(String path, int mode) throws IOException {
    entry(path, DIRECTORY | mode, 0, 0, new byte[0]);
  }

  void file(String path, int mode, byte[] content) throws IOException {
    entry(path, FILE | mode, 0, 0, content);
  }

  void characterDevice(String path, int mode, int major, int minor) throws IOException {
    entry(path, CHARACTER_DEVICE | mode, major, minor, new byte[0]);
  }

  /** Writes the end; the stream stays open. */
  void finish() throws IOException {
    inode = 0;
    entry("TRAILER!!!", 0, 0, 0, new byte[0]);
  }

  private void entry(String path, int mode, int major, int minor, byte[] content)
      throws IOException {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    int links = (mode & DIRECTORY) != 0 && (mode & FILE) == 0 ? 2 : 1;
    String header =
        String.format(
            Locale.ROOT,
            "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
            inode,
            mode,
            0,
            0,
            links,
            0,
            content.length,
            0,
            0,
            major,
            minor,
            name.length + 1,
            0);
    write(header.getBytes(StandardCharsets.US_ASCII));
    write(name);
    write(new byte[1]);
    pad();
    write(content);
    pad();
    inode++;
  }

  private void write(byte[] bytes) throws IOException {
    to.write(bytes);
    written += bytes.length;
  }

  private void pad() throws IOException {
    write(new byte[(int) (-written & (ALIGNMENT - 1))]);
  }
}
