package dev.abode.cli.terminal;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The framed form in which the API sends two streams over one connection: a stream number, three
 * zeroes, a length of four bytes, the bytes (Docker Engine API, "Attach to a container").
 */
public final class Frames {
  private static final int STDERR = 2;
  private static final int HEADER_BYTES = 8;

  private Frames() {}

  /** Copies frames until their end, each to its stream; flushes after every frame. */
  public static void copy(InputStream frames, OutputStream out, OutputStream err)
      throws IOException {
    byte[] header = new byte[HEADER_BYTES];
    byte[] buffer = new byte[32 * 1024];
    while (true) {
      int count = frames.readNBytes(header, 0, HEADER_BYTES);
      if (count == 0) {
        return;
      }
      if (count < HEADER_BYTES) {
        throw new EOFException("the engine closed the stream in the middle of a frame");
      }
      OutputStream to = header[0] == STDERR ? err : out;
      long left =
          ((header[4] & 0xffL) << 24)
              | ((header[5] & 0xffL) << 16)
              | ((header[6] & 0xffL) << 8)
              | (header[7] & 0xffL);
      while (left > 0) {
        int read = frames.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (read < 0) {
          throw new EOFException("the engine closed the stream in the middle of a frame");
        }
        to.write(buffer, 0, read);
        left -= read;
      }
      to.flush();
    }
  }

  /** Copies an unframed stream (that of a terminal) until its end; flushes after every piece. */
  public static void copyRaw(InputStream bytes, OutputStream out) throws IOException {
    byte[] buffer = new byte[32 * 1024];
    for (int count = bytes.read(buffer); count >= 0; count = bytes.read(buffer)) {
      out.write(buffer, 0, count);
      out.flush();
    }
  }
}
