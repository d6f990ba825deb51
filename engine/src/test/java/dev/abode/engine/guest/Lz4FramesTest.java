package dev.abode.engine.guest;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Lz4FramesTest {

  private static ByteBuffer frame(byte[]... blocks) {
    ByteBuffer bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(Lz4Frames.MAGIC);
    for (byte[] block : blocks) {
      bytes.putInt(block.length).put(block);
    }
    return bytes.flip();
  }

  private static byte[] hex(String digits) {
    return java.util.HexFormat.of().parseHex(digits);
  }

  private static String unpacked(ByteBuffer frame) throws IOException {
    ByteArrayOutputStream to = new ByteArrayOutputStream();
    Lz4Frames.unpack(frame, to);
    return to.toString(US_ASCII);
  }

  @Test
  void literalsAloneAreABlock() throws IOException {
    assertThat(unpacked(frame(hex("50" + "68656c6c6f")))).isEqualTo("hello");
  }

  @Test
  void aMatchRepeatsWhatWasWrittenEvenWhereItOverlapsItself() throws IOException {
    // "ab", then 10 bytes from 2 back, then "c".
    assertThat(unpacked(frame(hex("26" + "6162" + "0200" + "10" + "63"))))
        .isEqualTo("abababababab" + "c");
  }

  @Test
  void longRunsCountOn() throws IOException {
    // One "x", then a match of 4 + 15 + 255 + 1 from 1 back, then "y".
    assertThat(unpacked(frame(hex("1f" + "78" + "0100" + "ff01" + "10" + "79"))))
        .isEqualTo("x".repeat(276) + "y");
  }

  @Test
  void blocksFollowEachOther() throws IOException {
    assertThat(unpacked(frame(hex("2061" + "62"), hex("1063")))).isEqualTo("abc");
  }

  @ParameterizedTest
  @ValueSource(strings = {"26616209001063", "5068", "f0ffffffffff", "26616202", "26616200001063"})
  void damageIsFound(String block) {
    assertThatThrownBy(() -> unpacked(frame(hex(block)))).isInstanceOf(IOException.class);
  }

  @Test
  void aBlockThatIsCutShortIsFound() {
    ByteBuffer cut = frame(hex("5068656c6c6f"));
    cut.limit(cut.limit() - 1);

    assertThatThrownBy(() -> unpacked(cut)).hasMessageContaining("does not fit");
  }
}
