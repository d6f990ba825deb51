package dev.abode.image;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongSupplier;

/** A stream that may not be longer than a bound: what a decompression bomb runs into. */
final class BoundedInput extends FilterInputStream {
  private final LongSupplier limit;
  private long count;

  /**
   * @param limit asked at every read, so that it can grow with what came in
   */
  BoundedInput(InputStream in, LongSupplier limit) {
    super(in);
    this.limit = limit;
  }

  @Override
  public int read() throws IOException {
    int b = super.read();
    counted(b < 0 ? 0 : 1);
    return b;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int got = super.read(bytes, offset, length);
    counted(Math.max(0, got));
    return got;
  }

  @Override
  public long skip(long bytes) throws IOException {
    // Through read, so that a digest taken below sees what is skipped.
    byte[] ignored = new byte[(int) Math.min(bytes, 64 * 1024)];
    return bytes <= 0 ? 0 : Math.max(0, read(ignored, 0, ignored.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private void counted(long more) {
    count += more;
    long most = limit.getAsLong();
    if (count > most) {
      throw new ImageException(
          ImageException.Kind.EXHAUSTED,
          "the archive unpacks to more than the "
              + most
              + " bytes allowed for its size; nothing of it is kept");
    }
  }
}
