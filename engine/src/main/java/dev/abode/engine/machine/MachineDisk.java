package dev.abode.engine.machine;

import java.nio.file.Path;

/**
 * One disk of a machine. Its format is always raw: what a guest writes to its beginning is never
 * taken for a description of another file.
 *
 * @param serial what the guest knows it by, at most 20 characters of {@code [a-z0-9-]}
 * @param file on the host
 */
public record MachineDisk(String serial, Path file, boolean readOnly) {
  /** What the file beside a writable disk is called, behind the name of the disk. */
  private static final String OVERWRITTEN = ".overwritten";

  public MachineDisk {
    if (!serial.matches("[a-z0-9-]{1,20}")) {
      throw new IllegalArgumentException("\"" + serial + "\" cannot be the serial of a disk");
    }
  }

  /**
   * The file in which QEMU keeps what the guest overwrites, while the disk in {@code file} is
   * copied. Empty at all other times.
   */
  public static Path overwritten(Path file) {
    return file.resolveSibling(file.getFileName() + OVERWRITTEN);
  }
}
