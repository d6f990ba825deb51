package dev.abode.image.tar;

import dev.abode.linux.FileTreeFile;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The data of a file's extents one after the other, always as much as they promise: zeros where the
 * file has become shorter, as its header is written already. Closing it leaves the file open.
 */
public final class ExtentsInput extends InputStream {
  private final FileTreeFile file;
  private final List<TarEntry.Extent> extents;
  private int index;
  private long done;

  public ExtentsInput(FileTreeFile file, List<TarEntry.Extent> extents) {
    this.file = file;
    this.extents = List.copyOf(extents);
  }

  /** What a file has between its holes, in its first {@code sizeBytes} bytes. */
  public static List<TarEntry.Extent> dataOf(FileTreeFile file, long sizeBytes) throws IOException {
    List<TarEntry.Extent> data = new ArrayList<>();
    for (FileTreeFile.Extent extent : file.extents()) {
      long end = Math.min(sizeBytes, extent.offsetBytes() + extent.lengthBytes());
      if (end > extent.offsetBytes()) {
        data.add(new TarEntry.Extent(extent.offsetBytes(), end - extent.offsetBytes()));
      }
    }
    return data;
  }

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
    while (index < extents.size() && done == extents.get(index).lengthBytes()) {
      index++;
      done = 0;
    }
    if (index == extents.size()) {
      return -1;
    }
    TarEntry.Extent extent = extents.get(index);
    int part = (int) Math.min(length, extent.lengthBytes() - done);
    int count = file.read(bytes, offset, part, extent.offsetBytes() + done);
    if (count < 0) {
      Arrays.fill(bytes, offset, offset + part, (byte) 0);
      count = part;
    }
    done += count;
    return count;
  }
}
