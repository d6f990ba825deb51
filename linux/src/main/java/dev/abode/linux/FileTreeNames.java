package dev.abode.linux;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * File names as text and back without loss. The kernel's names are bytes; nearly all are UTF-8. A
 * byte that is not part of valid UTF-8 becomes the lone surrogate {@code U+DC00 + byte}, which no
 * valid text holds, and turns back into that byte (the scheme of Python's {@code surrogateescape}).
 */
public final class FileTreeNames {
  private static final int ESCAPE = 0xDC00;

  private FileTreeNames() {}

  /** The text for the bytes of a name or path. */
  public static String decode(byte[] bytes) {
    for (byte b : bytes) {
      if (b < 0) {
        return decodeBeyondAscii(bytes);
      }
    }
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  private static String decodeBeyondAscii(byte[] bytes) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length + 1);
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (!result.isError()) {
        return out.flip().toString();
      }
      for (int i = 0; i < result.length(); i++) {
        out.put((char) (ESCAPE + (in.get() & 0xff)));
      }
    }
  }

  /**
   * The bytes for a name or path, without a final NUL.
   *
   * @throws IllegalArgumentException for a NUL character, or a surrogate that {@link #decode} would
   *     not make
   */
  public static byte[] encode(String text) {
    boolean ascii = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        throw new IllegalArgumentException("a NUL character in a file name");
      }
      ascii &= c < 0x80;
    }
    if (ascii) {
      return text.getBytes(StandardCharsets.US_ASCII);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length() + 16);
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (pair) {
        i++;
      } else if (c >= ESCAPE + 0x80 && c <= ESCAPE + 0xff) {
        bytes.writeBytes(utf8(text.substring(start, i)));
        bytes.write(c - ESCAPE);
        start = i + 1;
      }
    }
    bytes.writeBytes(utf8(text.substring(start)));
    return bytes.toByteArray();
  }

  private static byte[] utf8(String text) {
    try {
      ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("a lone surrogate in a file name", e);
    }
  }
}
