package dev.abode.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DetachKeysTest {
  private final ByteArrayOutputStream handedOn = new ByteArrayOutputStream();

  private boolean type(DetachKeys keys, String typed) {
    byte[] bytes = typed.getBytes(StandardCharsets.ISO_8859_1);
    return keys.feed(bytes, bytes.length, handedOn);
  }

  @Test
  void theSequenceDetachesEvenInPieces() {
    DetachKeys keys = DetachKeys.parse(DetachKeys.DEFAULT);
    assertThat(type(keys, "ls\u0010")).isFalse();
    assertThat(type(keys, "\u0011")).isTrue();
    assertThat(handedOn.toString(StandardCharsets.ISO_8859_1)).isEqualTo("ls");
  }

  @Test
  void aBrokenSequenceIsHandedOn() {
    DetachKeys keys = DetachKeys.parse(DetachKeys.DEFAULT);
    assertThat(type(keys, "\u0010x\u0010\u0010y")).isFalse();
    assertThat(handedOn.toString(StandardCharsets.ISO_8859_1)).isEqualTo("\u0010x\u0010\u0010y");
    assertThat(type(keys, "\u0010\u0010\u0011")).isTrue();
  }

  @Test
  void otherKeysCanBeChosenAndNoneAtAll() {
    assertThat(type(DetachKeys.parse("a,ctrl-]"), "xa\u001d")).isTrue();
    assertThat(type(DetachKeys.parse(""), "\u0010\u0011")).isFalse();
    assertThatThrownBy(() -> DetachKeys.parse("ctrl-1")).hasMessageContaining("ctrl-1");
  }
}
