package dev.abode.image;

import dev.abode.image.tar.TarLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How much a layer may grow when it is unpacked, so that a bomb hits a bound and not the disk.
 *
 * @param totalBytes of one unpacked layer, whatever its packed size
 * @param ratio how many times its packed size a layer may unpack to…
 * @param freeBytes …beyond these, which it may have in any case
 * @param depth of folders in each other
 */
public record UnpackLimits(long totalBytes, int ratio, long freeBytes, int depth, TarLimits tar) {
  /** 128 GiB, 250-fold beyond 1 GiB, 512 folders deep. */
  public static final UnpackLimits DEFAULT =
      new UnpackLimits(128L << 30, 250, 1L << 30, 512, TarLimits.DEFAULT);

  public UnpackLimits {
    if (totalBytes < 1 || ratio < 1 || freeBytes < 0 || depth < 1) {
      throw new IllegalArgumentException("a limit below 1");
    }
  }

  /** How many bytes a layer of {@code packedBytes} may unpack to. */
  long bytesFor(long packedBytes) {
    long relative =
        packedBytes > (Long.MAX_VALUE - freeBytes) / ratio
            ? Long.MAX_VALUE
            : packedBytes * ratio + freeBytes;
    return Math.min(totalBytes, relative);
  }

  /** What an archive may take of the disk of {@code folder}: nine tenths of what is free. */
  static long room(Path folder) throws IOException {
    return Files.getFileStore(folder).getUsableSpace() / 10 * 9;
  }
}
