package dev.abode.engine.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads the "legacy frame" of the LZ4 format, which is what {@code lz4 -l} writes and what kernel
 * images are packed with: a magic number, then blocks, each a size in four bytes and that many
 * compressed bytes (lz4_Frame_format.md "Legacy frame", lz4_Block_format.md).
 */
final class Lz4Frames {
  static final int MAGIC = 0x184C2102;
  private static final int MAX_BLOCK_BYTES = 8 << 20;
  private static final int MIN_MATCH = 4;

  private Lz4Frames() {}

  /**
   * Unpacks {@code packed}, whose position is at the magic number, up to its limit.
   *
   * @throws IOException when it is not well-formed
   */
  static void unpack(ByteBuffer packed, OutputStream to) throws IOException {
    ByteBuffer input = packed.slice().order(ByteOrder.LITTLE_ENDIAN);
    byte[] block = new byte[MAX_BLOCK_BYTES];
    try {
      if (input.getInt() != MAGIC) {
        throw new IOException("this is no legacy LZ4 frame");
      }
      while (input.hasRemaining()) {
        int size = input.getInt();
        if (size <= 0 || size > input.remaining()) {
          throw new IOException("an LZ4 block of " + size + " bytes does not fit");
        }
        to.write(block, 0, unpackBlock(input.slice(input.position(), size), block));
        input.position(input.position() + size);
      }
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      throw new IOException("an LZ4 block is damaged", e);
    }
  }

  private static int unpackBlock(ByteBuffer in, byte[] out) throws IOException {
    int at = 0;
    while (in.hasRemaining()) {
      int token = Byte.toUnsignedInt(in.get());
      int literals = length(in, token >>> 4);
      in.get(out, at, literals);
      at += literals;
      if (!in.hasRemaining()) {
        break; // The last sequence of a block is literals alone.
      }
      int offset = Byte.toUnsignedInt(in.get()) | Byte.toUnsignedInt(in.get()) << 8;
      int match = length(in, token & 15) + MIN_MATCH;
      if (offset == 0 || offset > at) {
        throw new IOException("an LZ4 match points before its block");
      }
      copyMatch(out, at, offset, match);
      at += match;
    }
    return at;
  }

  /** 15 says that more follows, in bytes of which all but the last are 255. */
  private static int length(ByteBuffer in, int nibble) {
    int length = nibble;
    if (nibble == 15) {
      int more;
      do {
        more = Byte.toUnsignedInt(in.get());
        length = Math.addExact(length, more);
      } while (more == 255);
    }
    return length;
  }

  /** Source and target may overlap, and then what was just written is read again. */
  private static void copyMatch(byte[] out, int at, int offset, int length) {
    if (offset >= length) {
      System.arraycopy(out, at - offset, out, at, length);
      return;
    }
    for (int i = 0; i < length; i++) {
      out[at + i] = out[at + i - offset];
    }
  }
}
